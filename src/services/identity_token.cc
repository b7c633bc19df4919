// SPDX-License-Identifier: Apache-2.0
#include "services/identity_token.h"

#include <fmt/format.h>
#include <algorithm>

#include "collateral/identity.h"
#include "crypto/jws.h"
#include "services/jwt_rules.h"
#include "services/printable.h"

namespace assay {
namespace {

constexpr std::size_t kMaxPrincipal = 256;

/// One kind of token: what to call it in errors, and what its header may say.
struct TokenKind {
  std::string_view name;
  std::string_view typ;
  enum class Absent { refused, allowed } without_typ;
};

// RFC 8725 section 3.11: explicit types keep one kind of JWT from being taken for another.
constexpr TokenKind kAccess{"access token", kAccessTokenType, TokenKind::Absent::refused};
constexpr TokenKind kIdentity{"identity token", kIdentityTokenType, TokenKind::Absent::allowed};

tl::unexpected<Error> refuse(const TokenKind& kind, std::string why) {
  return fail(Fault::untrusted, std::string(kind.name), std::move(why));
}

Status check_type(const TokenKind& kind, const json::object& header) {
  const json::value* typ = header.if_contains("typ");
  if (typ == nullptr && kind.without_typ == TokenKind::Absent::allowed) return {};
  if (typ != nullptr && typ->is_string() && std::string_view(typ->get_string()) == kind.typ)
    return {};
  return refuse(kind, fmt::format("header typ must be \"{}\", got {}", kind.typ,
                                  typ == nullptr ? "none" : printable(json::serialize(*typ), 64)));
}

/// The issuer that the token names: not believed until its key has verified the signature.
Result<const IdentityIssuer*> find_issuer(const TokenKind& kind, const json::object& unverified,
                                          const Trust& trust) {
  const auto iss = json_string(unverified, "iss");
  if (!iss) return refuse(kind, "iss: " + iss.error().why);
  const auto found = std::find_if(trust.identities.begin(), trust.identities.end(),
                                  [&](const IdentityIssuer& i) { return i.issuer == *iss; });
  if (found == trust.identities.end()) {
    return refuse(kind, fmt::format("issuer \"{}\" is not trusted here", printable(*iss, 256)));
  }
  return &*found;
}

Result<std::string> principal(const TokenKind& kind, const json::object& claims) {
  const auto email = json_string(claims, "email");
  if (!email) return refuse(kind, "email: " + email.error().why);
  if (email->empty() || email->size() > kMaxPrincipal ||
      printable(*email, kMaxPrincipal) != *email) {
    return refuse(kind, fmt::format("email must be 1 to {} printable characters", kMaxPrincipal));
  }
  return std::string(*email);
}

struct Verified {
  json::object claims;
  Caller caller;
};

Result<Verified> verify(const TokenKind& kind, std::string_view token, const std::string& audience,
                        const Trust& trust, Instant now) {
  const auto jws = parse_jws(token);
  if (!jws) return refuse(kind, to_string(jws.error()));
  if (const Status typ = check_type(kind, jws->header); !typ) return pass_on(typ);
  const auto issuer = find_issuer(kind, jws->payload, trust);
  if (!issuer) return pass_on(issuer);
  const Jwk* key = (*issuer)->keys.find(jws->kid);
  if (key == nullptr) {
    return refuse(kind,
                  fmt::format("no key \"{}\" of {}", printable(jws->kid, 128), (*issuer)->issuer));
  }
  auto claims = verify_jws(*jws, *key);
  if (!claims) return refuse(kind, to_string(claims.error()));
  const auto checks = check_jwt_claims(*claims, {(*issuer)->issuer, audience, now});
  if (const Check* failed = first_failure(checks)) {
    return refuse(
        kind, fmt::format("{}: expected {}, got {}", failed->id, failed->expected, failed->got));
  }
  auto email = principal(kind, *claims);
  if (!email) return pass_on(email);
  return Verified{std::move(*claims), {std::move(*email), *issuer}};
}

}  // namespace

Result<Caller> verify_access_token(std::string_view token, const Trust& trust, Instant now) {
  auto verified = verify(kAccess, token, std::string(kAccessTokenAudience), trust, now);
  if (!verified) return pass_on(verified);
  return std::move(verified->caller);
}

Result<Caller> verify_identity_token(std::string_view token, const std::string& audience,
                                     const Trust& trust, Instant now) {
  auto verified = verify(kIdentity, token, audience, trust, now);
  if (!verified) return pass_on(verified);
  const json::value* proven = verified->claims.if_contains("email_verified");
  if (proven == nullptr || !proven->is_bool() || !proven->get_bool()) {
    return refuse(kIdentity, "email_verified must be true");
  }
  // An issuer may vouch for the principals it was trusted with, and for nobody else's.
  const auto& grants = verified->caller.issuer->grants;
  const std::string& email = verified->caller.principal;
  if (std::none_of(grants.begin(), grants.end(),
                   [&](const auto& g) { return g.principal == email; })) {
    return refuse(kIdentity, "its issuer is not trusted with this e-mail: no grant names it");
  }
  return std::move(verified->caller);
}

}  // namespace assay
