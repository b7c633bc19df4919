// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "collateral/trust.h"
#include "crypto/certificate.h"

namespace assay {
namespace {

constexpr std::size_t kMaxDocument = 1 << 20;
constexpr std::size_t kMaxEntries = 256;
constexpr std::int64_t kVersion = 1;

/// The organisation in the name of every CA that `assay emulate` makes.
constexpr std::string_view kEmulatorAttribute = "O=assay emulator";

tl::unexpected<Error> refuse(std::string where, std::string why) {
  return fail(Fault::malformed, std::move(where), std::move(why));
}

/// The same error, told from the document's root: `path` before its own place.
template <class T>
tl::unexpected<Error> refuse_at(const std::string& path, const Result<T>& failed) {
  return refuse(path + "." + failed.error().where, failed.error().why);
}

/// Whether an emulator's CA bears this name, or issued under it: the certificate stays an
/// emulator's when it is carried over into a PEM file.  RFC 4514 section 2: RDNs are joined by a
/// comma, the attributes of one by a plus, and both are escaped inside values.
bool is_emulators(std::string_view name) {
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= name.size(); ++i) {
    if (i < name.size() && name[i] == '\\') {
      ++i;
      continue;
    }
    if (i < name.size() && name[i] != ',' && name[i] != '+') continue;
    if (name.substr(begin, i - begin) == kEmulatorAttribute) return true;
    begin = i + 1;
  }
  return false;
}

/// Only what the format knows: a misspelt member must not pass for an absent one.
Status require_known_members(const std::string& path, const json::object& object,
                             std::initializer_list<std::string_view> known) {
  for (const auto& member : object) {
    if (std::ranges::find(known, std::string_view(member.key())) == known.end()) {
      return refuse(path, fmt::format("unknown member \"{}\"", std::string_view(member.key())));
    }
  }
  return {};
}

Result<AnchorRole> parse_role(std::string_view text) {
  if (text == "root") return AnchorRole::root;
  if (text == "intermediate") return AnchorRole::intermediate;
  return refuse("role", fmt::format("\"{}\", wanted \"root\" or \"intermediate\"", text));
}

std::string_view name_of(AnchorRole role) {
  return role == AnchorRole::root ? "root" : "intermediate";
}

Result<TrustAnchor> anchor_of(const std::string& path, const Certificate& certificate,
                              AnchorRole role) {
  // RFC 5280 section 4.2.1.9: "If the cA boolean is not asserted, then the keyCertSign bit in the
  // key usage extension MUST NOT be asserted", so a trust anchor needs both.
  if (!certificate.is_ca() || !certificate.may_sign_certificates()) {
    return refuse(path, fmt::format("\"{}\" is no CA certificate", certificate.subject()));
  }
  const auto key = certificate.public_key();
  if (!key) return refuse(path, key.error().why);
  const std::string subject = certificate.subject();
  const bool emulated = is_emulators(subject) || is_emulators(certificate.issuer());
  return TrustAnchor{.name = subject,
                     .role = role,
                     .key = *key,
                     .not_before = certificate.not_before(),
                     .not_after = certificate.not_after(),
                     .provenance = emulated ? Provenance::emulated : Provenance::operator_added};
}

Status add_anchor(const std::string& path, Trust& trust, TrustAnchor anchor) {
  const bool known = std::ranges::any_of(
      trust.anchors, [&](const TrustAnchor& other) { return other.key == anchor.key; });
  if (known) return refuse(path, fmt::format("the key of \"{}\" is there twice", anchor.name));
  if (trust.anchors.size() == kMaxEntries) {
    return refuse(path, fmt::format("more than {} anchors", kMaxEntries));
  }
  trust.anchors.push_back(std::move(anchor));
  return {};
}

/// A list of CA certificates.  Each is a root: whoever put it there trusts it as such.
Result<Trust> parse_pem_trust(const std::string& path, std::string_view document) {
  const auto certificates = Certificate::from_pem(document);
  if (!certificates) return refuse(path, to_string(certificates.error()));
  Trust trust;
  for (const Certificate& certificate : *certificates) {
    auto anchor = anchor_of(path, certificate, AnchorRole::root);
    if (!anchor) return pass_on(anchor);
    if (const auto added = add_anchor(path, trust, std::move(*anchor)); !added) {
      return pass_on(added);
    }
  }
  return trust;
}

Result<TrustAnchor> parse_anchor(const std::string& path, const json::object& entry) {
  if (const auto known = require_known_members(path, entry, {"role", "certificate"}); !known) {
    return pass_on(known);
  }
  const auto role_text = json_string(entry, "role");
  if (!role_text) return refuse_at(path, role_text);
  const auto role = parse_role(*role_text);
  if (!role) return refuse_at(path, role);
  const auto pem = json_string(entry, "certificate");
  if (!pem) return refuse_at(path, pem);
  const auto certificates = Certificate::from_pem(*pem);
  if (!certificates) return refuse_at(path, certificates);
  if (certificates->size() != 1) {
    return refuse(path + ".certificate",
                  fmt::format("{} certificates, wanted 1", certificates->size()));
  }
  return anchor_of(path + ".certificate", certificates->front(), *role);
}

Result<IdentityIssuer::Grant> parse_grant(const std::string& path, const json::object& entry) {
  if (const auto known = require_known_members(path, entry, {"principal", "role", "project"});
      !known) {
    return pass_on(known);
  }
  const auto principal = json_string(entry, "principal");
  const auto role = json_string(entry, "role");
  const auto project = json_string(entry, "project");
  if (!principal) return refuse_at(path, principal);
  if (!role) return refuse_at(path, role);
  if (!project) return refuse_at(path, project);
  return IdentityIssuer::Grant{std::string(*principal), std::string(*role), std::string(*project)};
}

Result<JwkSet> parse_keys(const std::string& path, const json::object& entry) {
  const auto jwks = json_object(entry, "jwks");
  if (!jwks) return refuse_at(path, jwks);
  auto keys = JwkSet::parse(path + ".jwks", json::serialize(**jwks));
  if (keys && keys->keys().empty()) return refuse(path + ".jwks", "no usable key");
  return keys;
}

/// Calls `parse(path, object)` for each member of the list `key`, which may be absent.
template <class Parse>
Status for_each_object(const std::string& path, const json::object& object, std::string_view key,
                       Parse parse) {
  if (!object.contains(key)) return {};
  const auto list = json_array(object, key);
  if (!list) return refuse_at(path, list);
  const std::string list_path = fmt::format("{}.{}", path, key);
  if ((*list)->size() > kMaxEntries) {
    return refuse(list_path,
                  fmt::format("{} entries, at most {} are read", (*list)->size(), kMaxEntries));
  }
  for (std::size_t i = 0; i < (*list)->size(); ++i) {
    const std::string entry_path = fmt::format("{}[{}]", list_path, i);
    const json::object* const entry = (**list)[i].if_object();
    if (!entry) return refuse(entry_path, "not an object");
    if (Status parsed = parse(entry_path, *entry); !parsed) return parsed;
  }
  return {};
}

Result<IdentityIssuer> parse_identity(const std::string& path, const json::object& entry) {
  if (const auto known = require_known_members(path, entry, {"issuer", "jwks", "grants"}); !known) {
    return pass_on(known);
  }
  const auto issuer = json_string(entry, "issuer");
  if (!issuer) return refuse_at(path, issuer);
  auto keys = parse_keys(path, entry);
  if (!keys) return pass_on(keys);
  IdentityIssuer out{
      .issuer = std::string(*issuer), .keys = std::move(*keys), .grants = {}, .emulated = false};
  const auto add_grant = [&](const std::string& at, const json::object& grant) -> Status {
    auto parsed = parse_grant(at, grant);
    if (!parsed) return pass_on(parsed);
    out.grants.push_back(std::move(*parsed));
    return {};
  };
  if (const auto done = for_each_object(path, entry, "grants", add_grant); !done) {
    return pass_on(done);
  }
  return out;
}

Status add_identity(const std::string& path, Trust& trust, IdentityIssuer identity) {
  const bool known = std::ranges::any_of(trust.identities, [&](const IdentityIssuer& other) {
    return other.issuer == identity.issuer;
  });
  if (known) return refuse(path, fmt::format("the issuer \"{}\" is there twice", identity.issuer));
  trust.identities.push_back(std::move(identity));
  return {};
}

/// Reads "emulated": absent is false.
Result<bool> parse_emulated(const std::string& path, const json::object& document) {
  const json::value* const value = document.if_contains("emulated");
  if (!value) return false;
  if (!value->is_bool()) return refuse(path + ".emulated", "not a boolean");
  return value->get_bool();
}

Status require_version(const std::string& path, const json::object& document) {
  const auto version = json_integer(document, "assay_trust");
  if (!version) return refuse_at(path, version);
  if (*version == kVersion) return {};
  return refuse(path + ".assay_trust", fmt::format("version {}, wanted {}", *version, kVersion));
}

Result<Trust> parse_json_trust(const std::string& path, std::string_view text) {
  const auto document = parse_json_object(path, text, {.bytes = kMaxDocument});
  if (!document) return pass_on(document);
  if (const auto version = require_version(path, *document); !version) return pass_on(version);
  if (const auto known = require_known_members(
          path, *document, {"assay_trust", "emulated", "anchors", "identities"});
      !known) {
    return pass_on(known);
  }
  const auto emulated = parse_emulated(path, *document);
  if (!emulated) return pass_on(emulated);
  Trust trust;
  const auto anchor = [&](const std::string& at, const json::object& entry) -> Status {
    auto parsed = parse_anchor(at, entry);
    if (!parsed) return pass_on(parsed);
    if (*emulated) parsed->provenance = Provenance::emulated;
    return add_anchor(at, trust, std::move(*parsed));
  };
  if (const auto done = for_each_object(path, *document, "anchors", anchor); !done) {
    return pass_on(done);
  }
  const auto identity = [&](const std::string& at, const json::object& entry) -> Status {
    auto parsed = parse_identity(at, entry);
    if (!parsed) return pass_on(parsed);
    parsed->emulated = *emulated;
    return add_identity(at, trust, std::move(*parsed));
  };
  if (const auto done = for_each_object(path, *document, "identities", identity); !done) {
    return pass_on(done);
  }
  return trust;
}

json::object to_json(const IdentityIssuer& identity) {
  json::array grants;
  for (const auto& grant : identity.grants) {
    grants.push_back(json::object{
        {"principal", grant.principal}, {"role", grant.role}, {"project", grant.project}});
  }
  return {{"issuer", identity.issuer},
          {"jwks", identity.keys.to_json()},
          {"grants", std::move(grants)}};
}

}  // namespace

Result<Trust> parse_trust(std::string_view where, std::string_view document) {
  const std::string path(where);
  if (document.size() > kMaxDocument) {
    return refuse(path,
                  fmt::format("{} bytes, at most {} are read", document.size(), kMaxDocument));
  }
  const std::size_t start = document.find_first_not_of(" \t\r\n");
  const bool is_json = start != std::string_view::npos && document[start] == '{';
  return is_json ? parse_json_trust(path, document) : parse_pem_trust(path, document);
}

Status add_trust(Trust& all, std::string_view where, Trust more) {
  const std::string path(where);
  for (TrustAnchor& anchor : more.anchors) {
    if (Status added = add_anchor(path, all, std::move(anchor)); !added) return added;
  }
  for (IdentityIssuer& identity : more.identities) {
    if (Status added = add_identity(path, all, std::move(identity)); !added) return added;
  }
  return {};
}

json::object to_json(const Trust& trust, const std::vector<std::string>& anchor_certificates_pem) {
  ASSAY_CHECK(trust.anchors.size() == anchor_certificates_pem.size());
  json::array anchors;
  for (std::size_t i = 0; i < trust.anchors.size(); ++i) {
    anchors.push_back(json::object{{"role", name_of(trust.anchors[i].role)},
                                   {"certificate", anchor_certificates_pem[i]}});
  }
  json::array identities;
  for (const IdentityIssuer& identity : trust.identities) identities.push_back(to_json(identity));
  return {{"assay_trust", kVersion},
          {"emulated", trust.emulated()},
          {"anchors", std::move(anchors)},
          {"identities", std::move(identities)}};
}

}  // namespace assay
