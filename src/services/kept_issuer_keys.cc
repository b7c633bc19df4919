// SPDX-License-Identifier: Apache-2.0
#include "services/kept_issuer_keys.h"

#include <fmt/format.h>
#include <system_error>

#include "base/json.h"
#include "crypto/hash.h"
#include "host/file.h"
#include "services/operator_log.h"

namespace assay {
namespace {

constexpr std::size_t kMaxFile = 512 * 1024;
constexpr std::int64_t kVersion = 1;

Result<IssuerKeys> parse(const std::string& where, std::string_view text, const std::string& issuer,
                         Instant now) {
  const auto document = parse_json_object(where, text, {.bytes = kMaxFile});
  if (!document) return pass_on(document);
  const auto version = json_integer(*document, "assay_issuer_keys");
  if (!version || *version != kVersion) {
    return fail(Fault::malformed, where, fmt::format("not version {}", kVersion));
  }
  const auto named = json_string(*document, "issuer");
  if (!named || *named != issuer) {
    return fail(Fault::malformed, where, fmt::format("not about {}", issuer));
  }
  const auto fetched_text = json_string(*document, "fetched");
  if (!fetched_text) return pass_on(fetched_text);
  const auto fetched = parse_rfc3339(where, *fetched_text);
  if (!fetched) return pass_on(fetched);
  if (*fetched > now) {
    return fail(Fault::malformed, where, fmt::format("from the future, {}", *fetched_text));
  }
  const auto jwks = json_object(*document, "jwks");
  if (!jwks) return pass_on(jwks);
  auto set = JwkSet::parse(where, json::serialize(**jwks));
  if (!set) return pass_on(set);
  if (set->keys().empty()) return fail(Fault::malformed, where, "holds no usable key");
  return IssuerKeys{std::move(*set), *fetched};
}

}  // namespace

Result<KeptIssuerKeys> KeptIssuerKeys::open(std::filesystem::path directory) {
  if (const Status made = make_private_directory(directory); !made) return pass_on(made);
  return KeptIssuerKeys(std::move(directory));
}

std::filesystem::path KeptIssuerKeys::file_of(const std::string& issuer) const {
  return directory_ / (sha256_hex(as_bytes(issuer)) + ".json");
}

std::optional<IssuerKeys> KeptIssuerKeys::load(const std::string& issuer, Instant now) const {
  const std::filesystem::path file = file_of(issuer);
  std::error_code code;
  if (std::filesystem::symlink_status(file, code).type() == std::filesystem::file_type::not_found) {
    return std::nullopt;
  }
  const auto text = read_file(file, kMaxFile);
  auto keys = text ? parse(file.string(), as_text(*text), issuer, now) : pass_on(text);
  if (keys) return std::move(*keys);
  tell_operator({keys.error().fault, keys.error().where,
                 keys.error().why + "; the issuer's keys kept there are not used"});
  return std::nullopt;
}

Status KeptIssuerKeys::keep(const std::string& issuer, const IssuerKeys& keys) const {
  const std::string text = json::serialize(json::object{{"assay_issuer_keys", kVersion},
                                                        {"issuer", issuer},
                                                        {"fetched", rfc3339(keys.fetched)},
                                                        {"jwks", keys.set.to_json()}});
  return write_file(file_of(issuer), as_bytes(text + "\n"), FileAccess::owner_only);
}

}  // namespace assay
