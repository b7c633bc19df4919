// SPDX-License-Identifier: Apache-2.0
#include "crypto/jwk.h"

#include <fmt/format.h>
#include <openssl/core_names.h>

#include "base/base64.h"
#include "crypto/hash.h"
#include "crypto/openssl.h"

namespace assay {
namespace {

constexpr std::size_t kMaxKeys = 64;

/// The members that make up a key: RFC 7518 sections 6.2.1 and 6.3.1, in the lexicographic order
/// that RFC 7638 section 3.3 hashes.
json::object key_members(const PublicKey& key) {
  const auto number = [&](const char* name) { return key_number(key.raw(), name); };
  json::object out;
  if (key.type() == KeyType::rsa) {
    out["e"] = base64url(big_endian(*number(OSSL_PKEY_PARAM_RSA_E)));
    out["kty"] = "RSA";
    out["n"] = base64url(big_endian(*number(OSSL_PKEY_PARAM_RSA_N)));
    return out;
  }
  const auto field = static_cast<std::size_t>(key.bits()) / 8;
  out["crv"] = key.describe();
  out["kty"] = "EC";
  out["x"] = base64url(big_endian(*number(OSSL_PKEY_PARAM_EC_PUB_X), field));
  out["y"] = base64url(big_endian(*number(OSSL_PKEY_PARAM_EC_PUB_Y), field));
  return out;
}

/// The algorithm that keys of this kty are used with here.
std::optional<JwsAlgorithm> algorithm_for(std::string_view kty) {
  if (kty == "RSA") return JwsAlgorithm::rs256;
  if (kty == "EC") return JwsAlgorithm::es256;
  return std::nullopt;
}

bool is_absent_or(const json::object& object, std::string_view key, std::string_view wanted) {
  const json::value* const value = object.if_contains(key);
  return !value || (value->is_string() && value->get_string() == wanted);
}

std::optional<Buffer> number_member(const json::object& jwk, std::string_view key) {
  const auto text = json_string(jwk, key);
  if (!text) return std::nullopt;
  auto bytes = parse_base64url(key, *text);
  if (!bytes) return std::nullopt;
  return std::move(*bytes);
}

std::optional<PublicKey> rsa_key(const json::object& jwk) {
  const auto n = number_member(jwk, "n");
  const auto e = number_member(jwk, "e");
  if (!n || !e || e->size() > 4) return std::nullopt;
  std::uint32_t exponent = 0;
  for (const std::uint8_t byte : *e) exponent = exponent << 8 | byte;
  const auto key = PublicKey::from_rsa(*n, exponent);
  return key ? std::optional(*key) : std::nullopt;
}

std::optional<PublicKey> p256_key(const json::object& jwk) {
  const auto x = number_member(jwk, "x");
  const auto y = number_member(jwk, "y");
  if (!is_absent_or(jwk, "crv", "P-256") || !jwk.contains("crv")) return std::nullopt;
  // RFC 7518 section 6.2.1.2: "The length of this octet string MUST be the full size of a
  // coordinate for the curve".
  if (!x || !y || x->size() != 32 || y->size() != 32) return std::nullopt;
  const auto key = PublicKey::from_ec(KeyType::ec_p256, *x, *y);
  return key ? std::optional(*key) : std::nullopt;
}

/// RFC 7517 section 5: "Implementations SHOULD ignore JWKs within a JWK Set that use "kty" (key
/// type) values that are not understood by them, that are missing required members, or for which
/// values are out of the supported ranges."
std::optional<Jwk> usable_key(const json::object& jwk) {
  const auto kid = json_string(jwk, "kid");
  const auto kty = json_string(jwk, "kty");
  if (!kid || !kty) return std::nullopt;
  const auto algorithm = algorithm_for(*kty);
  if (!algorithm || !is_absent_or(jwk, "alg", name_of(*algorithm)) ||
      !is_absent_or(jwk, "use", "sig")) {
    return std::nullopt;
  }
  auto key = *algorithm == JwsAlgorithm::rs256 ? rsa_key(jwk) : p256_key(jwk);
  if (!key) return std::nullopt;
  return Jwk{std::string(*kid), *algorithm, std::move(*key)};
}

}  // namespace

std::string_view name_of(JwsAlgorithm algorithm) {
  return algorithm == JwsAlgorithm::rs256 ? "RS256" : "ES256";
}

std::optional<JwsAlgorithm> jws_algorithm(std::string_view name) {
  if (name == "RS256") return JwsAlgorithm::rs256;
  if (name == "ES256") return JwsAlgorithm::es256;
  return std::nullopt;
}

std::string jwk_thumbprint(const PublicKey& key) {
  const std::string members = json::serialize(key_members(key));
  return base64url(hash(HashAlgorithm::sha256, as_bytes(members)).bytes());
}

json::object to_json(const Jwk& jwk) {
  json::object out = {{"alg", name_of(jwk.algorithm)}, {"kid", jwk.kid}, {"use", "sig"}};
  for (auto& [name, value] : key_members(jwk.key)) out[name] = std::move(value);
  return out;
}

Result<JwkSet> JwkSet::parse(std::string_view where, std::string_view text) {
  const auto document = parse_json_object(where, text);
  if (!document) return pass_on(document);
  const auto entries = json_array(*document, "keys");
  if (!entries) return fail(Fault::malformed, std::string(where), to_string(entries.error()));
  if ((*entries)->size() > kMaxKeys) {
    return fail(Fault::malformed, std::string(where),
                fmt::format("{} keys, at most {} are read", (*entries)->size(), kMaxKeys));
  }
  JwkSet out;
  for (const json::value& entry : **entries) {
    if (!entry.is_object()) {
      return fail(Fault::malformed, std::string(where), "a member of \"keys\" is no object");
    }
    auto key = usable_key(entry.get_object());
    if (!key) continue;
    if (out.find(key->kid)) {
      return fail(Fault::malformed, std::string(where),
                  fmt::format("two keys have the kid \"{}\"", key->kid));
    }
    out.keys_.push_back(std::move(*key));
  }
  return out;
}

const Jwk* JwkSet::find(std::string_view kid) const {
  for (const Jwk& key : keys_) {
    if (key.kid == kid) return &key;
  }
  return nullptr;
}

json::object JwkSet::to_json() const {
  json::array keys;
  for (const Jwk& key : keys_) keys.push_back(assay::to_json(key));
  return {{"keys", std::move(keys)}};
}

}  // namespace assay
