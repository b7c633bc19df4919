// SPDX-License-Identifier: Apache-2.0
#include "services/release_token.h"

#include <fmt/format.h>

#include "crypto/jws.h"
#include "services/jwt_rules.h"
#include "services/printable.h"

namespace assay {
namespace {

/// RFC 8725 section 3.11: explicit typing keeps one kind of JWT from being taken for another: an
/// access token ("at+jwt") of an issuer that makes both.  RFC 7519 section 5.1: "it is RECOMMENDED
/// that "JWT" always be spelled using uppercase characters"; the parameter is optional.
bool is_jwt(const json::object& header) {
  const json::value* typ = header.if_contains("typ");
  return typ == nullptr || *typ == json::value("JWT");
}

std::string shown_type(const json::object& header) {
  const json::value* typ = header.if_contains("typ");
  return typ == nullptr ? "none" : printable(json::serialize(*typ), 64);
}

/// A judgement in the making.
class Judgement {
 public:
  bool require(std::string id, bool ok, std::string expected, std::string got, std::string hint) {
    out_.checks.push_back({std::move(id), ok ? CheckVerdict::pass : CheckVerdict::fail,
                           std::move(expected), std::move(got),
                           ok ? std::string() : std::move(hint)});
    return ok;
  }
  TokenJudgement rejected() { return {std::move(out_.checks), {}}; }
  TokenJudgement done(json::object claims, std::vector<Check> checks) {
    out_.checks.insert(out_.checks.end(), checks.begin(), checks.end());
    if (out_.accepted()) out_.claims = std::move(claims);
    return std::move(out_);
  }

 private:
  TokenJudgement out_;
};

}  // namespace

bool TokenJudgement::accepted() const {
  return !checks.empty() && first_failure(checks) == nullptr;
}

Result<TokenJudgement> judge_token(std::string_view token, const std::string& audience,
                                   JwksCache& keys, Instant now) {
  Judgement judgement;
  const auto jws = parse_jws(token);
  if (!judgement.require("token.format", jws.has_value(), "a compact JWS (RFC 7515 section 7.1)",
                         jws ? "one" : printable(to_string(jws.error()), 256),
                         "send the token as it came from the attestation service")) {
    return judgement.rejected();
  }
  // RFC 8725 section 3.1: "Libraries MUST enable the caller to specify a supported set of
  // algorithms and MUST NOT use any other algorithms".
  if (!judgement.require("token.algorithm", jws_algorithm(jws->algorithm).has_value(),
                         "RS256 or ES256", printable(jws->algorithm, 32),
                         "get a token from the attestation service")) {
    return judgement.rejected();
  }
  if (!judgement.require("token.type", is_jwt(jws->header), "typ \"JWT\", or none",
                         shown_type(jws->header),
                         "send the attestation token, not another token of that issuer")) {
    return judgement.rejected();
  }
  // The issuer as claimed selects the keys; once they have verified the signature it is a fact.
  const auto issuer = json_string(jws->payload, "iss");
  if (!judgement.require("token.issuer", issuer && keys.knows(*issuer),
                         "an issuer this service trusts",
                         issuer ? printable(*issuer, 256) : "iss " + issuer.error().why,
                         "get a token from an attestation service that is trusted here")) {
    return judgement.rejected();
  }
  const auto found = keys.find(*issuer, jws->kid);
  if (!found) return pass_on(found);
  const std::optional<Jwk>& published = *found;
  const Jwk* key = published ? &*published : nullptr;
  if (!judgement.require("token.key", key != nullptr,
                         fmt::format("a key that {} publishes", *issuer),
                         fmt::format("kid \"{}\"", printable(jws->kid, 128)), "get a new token")) {
    return judgement.rejected();
  }
  auto claims = verify_jws(*jws, *key);
  if (!judgement.require("token.signature", claims.has_value(),
                         fmt::format("made by key {}", key->kid),
                         claims ? "so it is" : printable(to_string(claims.error()), 256),
                         "the token was changed on its way, or is forged")) {
    return judgement.rejected();
  }
  auto checks = check_jwt_claims(*claims, {std::string(*issuer), audience, now});
  // token.issuer was asked already, of the same bytes.
  std::erase_if(checks, [](const Check& c) { return c.id == "token.issuer"; });
  return judgement.done(std::move(*claims), std::move(checks));
}

}  // namespace assay
