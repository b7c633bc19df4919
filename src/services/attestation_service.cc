// SPDX-License-Identifier: Apache-2.0
#include "services/attestation_service.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>

#include "base/base64.h"
#include "base/check.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "services/caller.h"
#include "services/operator_log.h"
#include "services/printable.h"
#include "token/google_claims.h"
#include "verify/vtpm.h"

namespace assay {
namespace {

using Resource = ApiPath::Resource;

/// What each resource is asked with, and what that needs.
struct Operation {
  Resource resource;
  std::string_view method, verb, permission;
};
constexpr Operation kOperations[] = {
    {Resource::locations, "GET", "", permission::kLocationsList},
    {Resource::location, "GET", "", permission::kLocationsGet},
    {Resource::challenges, "POST", "", permission::kChallengesCreate},
    {Resource::challenge, "POST", "verifyAttestation", permission::kChallengesVerify},
};

const Operation* operation_for(const ApiPath& path) {
  const auto found = std::find_if(
      std::begin(kOperations), std::end(kOperations),
      [&](const Operation& o) { return o.resource == path.resource && o.verb == path.verb; });
  return found == std::end(kOperations) ? nullptr : found;
}

/// The nonce of a challenge: text with a prefix of our own before 128 random bits, so that a quote
/// made for this protocol is of no use in another.  34 bytes, as Google's "GoogAttestV1..." is,
/// which fits every TPM.
Buffer fresh_nonce() {
  const std::string text = "AssayAttest1" + base64url(random_bytes(16));
  return to_buffer(as_bytes(text));
}

ApiError not_found(std::string message, std::string reason, json::object metadata = {}) {
  return {404, "NOT_FOUND", std::move(message), std::move(reason), std::move(metadata), {}};
}

ApiError unauthenticated(const Error& error) {
  return {401,
          "UNAUTHENTICATED",
          "the caller is not authenticated: " + to_string(error),
          "ACCESS_TOKEN_INVALID",
          {},
          {}};
}

ApiError permission_denied(std::string_view permission, const std::string& resource) {
  return {403,
          "PERMISSION_DENIED",
          fmt::format("Permission '{}' denied on resource '{}' (or it may not exist).", permission,
                      resource),
          "IAM_PERMISSION_DENIED",
          {{"permission", permission}, {"resource", resource}},
          {}};
}

/// Nothing was decided and nothing consumed: the same request may be sent again.
ApiError unavailable(const Error& error) {
  tell_operator(error);
  return {503, "UNAVAILABLE", kSeeOperatorLog, "STORE_UNAVAILABLE", {}, {}};
}

/// A decision without a record is not told.
HttpResponse withheld(unsigned status) {
  return to_response(
      {status,
       status == 503 ? "UNAVAILABLE" : "INTERNAL",
       fmt::format("the decision could not be recorded, so it is withheld; {}", kSeeOperatorLog),
       "AUDIT_LOG_UNAVAILABLE",
       {},
       {}});
}

/// A challenge that cannot be used.  Unknown is 404, as it is for every resource; one that was is a
/// precondition that no longer holds.
ApiError unusable(ChallengeStore::Outcome outcome, const std::string& challenge) {
  const json::object metadata{{"challenge", challenge}};
  switch (outcome) {
    case ChallengeStore::Outcome::used:
      return {
          400,
          "FAILED_PRECONDITION",
          "the challenge was already used: one challenge serves one verification; create another",
          "CHALLENGE_USED",
          metadata,
          {}};
    case ChallengeStore::Outcome::expired:
      return {400,
              "FAILED_PRECONDITION",
              "the challenge has expired; create another",
              "CHALLENGE_EXPIRED",
              metadata,
              {}};
    case ChallengeStore::Outcome::unknown:
    case ChallengeStore::Outcome::consumed:
      break;
  }
  return not_found(fmt::format("no challenge {}", challenge), "CHALLENGE_UNKNOWN", metadata);
}

/// Refusals that are not recorded are told as such, by whoever they are.
HttpResponse too_many_refusals(std::chrono::seconds wait) {
  HttpResponse answer = to_response({429,
                                     "RESOURCE_EXHAUSTED",
                                     "too many callers without valid credentials; try again later",
                                     "TOO_MANY_REFUSALS",
                                     {},
                                     {}});
  answer.headers.set("Retry-After", std::to_string(wait.count()));
  return answer;
}

HttpResponse method_not_allowed(std::string_view allowed) {
  HttpResponse answer = to_response({405,
                                     "UNIMPLEMENTED",
                                     fmt::format("this path answers {} only", allowed),
                                     "METHOD_NOT_ALLOWED",
                                     {},
                                     {}});
  answer.headers.set("Allow", std::string(allowed));
  return answer;
}

HttpResponse cached(HttpResponse answer) {
  answer.headers.set("Cache-Control", "public, max-age=300");
  return answer;
}

json::object location_object(const ApiPath& path, std::string_view location) {
  return {{"name", fmt::format("{}/locations/{}", path.project_name(), location)},
          {"locationId", location},
          {"displayName", location},
          {"labels", json::object{{"cloud.googleapis.com/region", location}}}};
}

}  // namespace

AttestationService::AttestationService(AttestationSettings settings, const Trust& trust,
                                       const KeyRing& keys, ChallengeStore& challenges,
                                       AuditLog& log, const Clock& clock)
    : settings_(std::move(settings)),
      trust_(trust),
      keys_(keys),
      challenges_(challenges),
      log_(log),
      clock_(clock),
      refusals_("attestation", settings_.refusals, log, clock),
      paths_(kRememberedPaths, settings_.revocation) {
  ASSAY_CHECK(!settings_.issuer.empty() && settings_.issuer.back() != '/');
  if (settings_.revocation != nullptr)
    for (const TrustAnchor& anchor : trust_.anchors)
      settings_.revocation->learn(anchor.name, anchor.key);
}

std::size_t AttestationService::body_limit(std::string_view, std::string_view path) {
  return path.ends_with(":verifyAttestation") ? kMaxVerifyRequest : kMaxSmallRequest;
}

HttpResponse AttestationService::refuse(unsigned status, std::string_view message) {
  const auto canonical = [&]() -> std::string_view {
    switch (status) {
      case 404:
        return "NOT_FOUND";
      case 408:
        return "DEADLINE_EXCEEDED";
      case 413:
      case 429:
      case 431:
        return "RESOURCE_EXHAUSTED";
      case 503:
        return "UNAVAILABLE";
      default:
        return status < 500 ? "INVALID_ARGUMENT" : "INTERNAL";
    }
  }();
  return to_response({status, canonical, std::string(message), {}, {}, {}});
}

void AttestationService::close() const { refusals_.close(); }

HttpResponse AttestationService::operator()(const HttpRequest& request) const {
  refusals_.report();
  const bool reads = request.method == "GET" || request.method == "HEAD";
  using Document = HttpResponse (AttestationService::*)() const;
  for (const auto& [path, document] :
       {std::pair<std::string_view, Document>{"/.well-known/openid-configuration",
                                              &AttestationService::discovery},
        {"/.well-known/jwks", &AttestationService::key_set}}) {
    if (request.path == path) return reads ? (this->*document)() : method_not_allowed("GET");
  }
  if (request.path == "/healthz")
    return reads ? text_response(200, "ok\n") : method_not_allowed("GET");
  if (const auto path = parse_api_path(request.path)) return api(request, *path);
  return to_response(
      not_found("nothing is served at " + printable(request.path, 256), "UNKNOWN_PATH"));
}

/// OpenID Connect Discovery 1.0 section 3.
HttpResponse AttestationService::discovery() const {
  return cached(json_response(
      200, json::object{
               {"issuer", settings_.issuer},
               {"jwks_uri", settings_.issuer + "/.well-known/jwks"},
               {"subject_types_supported", {"public"}},
               {"response_types_supported", {"id_token"}},
               {"claims_supported",
                {"sub", "aud", "exp", "iat", "iss", "jti", "nbf", "dbgstat", "eat_nonce",
                 "google_service_accounts", "hwmodel", "oemid", "secboot", "submods", "swname"}},
               {"id_token_signing_alg_values_supported", {"RS256"}},
               {"scopes_supported", {"openid"}},
           }));
}

HttpResponse AttestationService::key_set() const {
  return cached(json_response(200, keys_.public_keys().to_json()));
}

HttpResponse AttestationService::api(const HttpRequest& request, const ApiPath& path) const {
  const Operation* operation = operation_for(path);
  if (operation == nullptr) {
    return to_response(not_found(
        fmt::format("no method \":{}\" here; verifyAttestation is the one served", path.verb),
        "UNKNOWN_METHOD"));
  }
  if (request.method != operation->method) return method_not_allowed(operation->method);

  Call call{request, path, clock_.now(), {}};
  auto caller = authenticate_caller(request, trust_, call.now);
  if (!caller) return refuse_unknown(call, caller.error());
  call.caller = std::move(*caller);
  if (!is_granted(call.caller, operation->permission, path.project)) {
    return refuse_recorded(call, "caller.refused",
                           permission_denied(operation->permission, path.project_name()),
                           {{"permission", operation->permission}}, 503);
  }
  if (path.resource != Resource::locations && !serves(path.location)) {
    return to_response(not_found(fmt::format("location {} is not served here; served are {}",
                                             path.location, fmt::join(settings_.locations, ", ")),
                                 "LOCATION_UNKNOWN", {{"location", path.location}}));
  }
  switch (path.resource) {
    case Resource::locations:
      return list_locations(call);
    case Resource::location:
      return get_location(call);
    case Resource::challenges:
      return create_challenge(call);
    case Resource::challenge:
      break;
  }
  return verify_attestation(call);
}

HttpResponse AttestationService::refuse_unknown(const Call& call, const Error& error) const {
  if (const auto wait = refusals_.retry_after()) return too_many_refusals(*wait);
  HttpResponse answer = refuse_recorded(call, "caller.refused", unauthenticated(error), {}, 503);
  if (answer.status == 401) answer.headers.set("WWW-Authenticate", "Bearer");
  return answer;
}

HttpResponse AttestationService::list_locations(const Call& call) const {
  json::array locations;
  for (const std::string& location : settings_.locations) {
    locations.push_back(location_object(call.path, location));
  }
  return json_response(200, json::object{{"locations", std::move(locations)}});
}

HttpResponse AttestationService::get_location(const Call& call) const {
  return json_response(200, location_object(call.path, call.path.location));
}

HttpResponse AttestationService::create_challenge(const Call& call) const {
  // The body is a Challenge, whose members are all output only: empty or any JSON object.
  if (!call.request.body.empty()) {
    if (const auto body = parse_json_object("body", call.request.body, {.bytes = kMaxSmallRequest});
        !body) {
      return to_response(
          {400, "INVALID_ARGUMENT", to_string(body.error()), "INVALID_REQUEST", {}, {}});
    }
  }
  IssuedChallenge challenge{call.path.location_name() + "/challenges/" + random_uuid(),
                            fresh_nonce(), call.now, call.now + settings_.challenge_lifetime};
  if (const Status added = challenges_.add(challenge); !added)
    return to_response(unavailable(added.error()));
  const std::string nonce = base64(challenge.nonce);
  if (const Status recorded = record(call, Severity::info, "challenge.created",
                                     {{"challenge", challenge.name},
                                      {"nonce", nonce},
                                      {"expires", rfc3339(challenge.expires)}});
      !recorded) {
    return to_response(unavailable(recorded.error()));
  }
  return json_response(200, json::object{{"name", challenge.name},
                                         {"createTime", rfc3339(challenge.created)},
                                         {"expireTime", rfc3339(challenge.expires)},
                                         {"tpmNonce", nonce}});
}

HttpResponse AttestationService::verify_attestation(const Call& call) const {
  const std::string challenge = call.path.challenge_name();
  // Until here and no further may a mistake of the caller be mended with the same challenge.
  const auto wanted = parse_verify_request(call.request.body, challenge);
  if (!wanted) {
    return refuse_recorded(call, "request.refused", wanted.error(), {{"challenge", challenge}},
                           503);
  }
  const auto consumption = challenges_.consume(challenge, call.now);
  if (!consumption) return to_response(unavailable(consumption.error()));
  if (consumption->outcome != ChallengeStore::Outcome::consumed) {
    return refuse_recorded(call, "challenge.refused", unusable(consumption->outcome, challenge),
                           {{"challenge", challenge}},
                           consumption->outcome == ChallengeStore::Outcome::used ? 500 : 503);
  }
  return appraise(call, *wanted, consumption->nonce);
}

HttpResponse AttestationService::appraise(const Call& call, const VerifyRequest& wanted,
                                          Bytes nonce) const {
  const std::string challenge = call.path.challenge_name();
  const json::object evidence{{"challenge", challenge},
                              {"evidence_sha256", sha256_hex(as_bytes(call.request.body))},
                              {"evidence_bytes", call.request.body.size()}};

  std::vector<std::string> emails;
  for (const std::string& token : wanted.identity_tokens) {
    auto proven = verify_identity_token(token, challenge, trust_, call.now);
    if (!proven) {
      ApiError error{400,
                     "INVALID_ARGUMENT",
                     "gcpCredentials.serviceAccountIdTokens: " + to_string(proven.error()),
                     "IDENTITY_TOKEN_INVALID",
                     {},
                     {}};
      error.violations.push_back({"gcpCredentials.serviceAccountIdTokens", proven.error().why});
      return refuse_recorded(call, "attestation.rejected", error, evidence, 500);
    }
    emails.push_back(std::move(proven->principal));
  }

  const auto revocation = settings_.revocation ? settings_.revocation->lists() : nullptr;
  // Who sends a certificate is judged by it, and who sends none by the key alone.
  TrustedKeyFiles::Found enrolled;
  if (wanted.attestation.ak_cert.empty() && settings_.trusted_keys != nullptr)
    enrolled = settings_.trusted_keys->find_signer(wanted.attestation);
  VtpmOutcome outcome = authenticate_vtpm(
      wanted.attestation,
      {.trust = trust_,
       .nonce = nonce,
       .now = call.now,
       .paths = &paths_,
       .keys = {enrolled.key, enrolled.key != nullptr ? std::size_t{1} : 0},
       .revocation = revocation.get(),
       .bank = settings_.policy ? settings_.policy->terms().only_bank : std::nullopt,
       .sha1 = settings_.policy ? settings_.policy->terms().sha1 : Sha1::refused});
  if (settings_.policy && outcome.claims)
    outcome.verdict.append(settings_.policy->appraise(*outcome.claims, call.now));
  if (!outcome.verdict.accepted() || !outcome.claims) {
    return refuse_recorded(call, "attestation.rejected", rejection(outcome.verdict), evidence, 500);
  }

  // Not 503: the challenge is used, so the same request cannot succeed.
  const auto unrecorded = [] { return withheld(500); };
  const VtpmClaims& vtpm = **outcome.claims;
  json::object accepted = evidence;
  accepted["checks"] = outcome.verdict.checks().size();
  accepted["ak_sha256"] = vtpm.ak_fingerprint;
  accepted["ak_issuer"] = vtpm.ak_issuer;
  accepted["provenance"] = name_of(vtpm.provenance);
  if (const Status recorded =
          record(call, Severity::notice, "attestation.accepted", std::move(accepted));
      !recorded) {
    return unrecorded();
  }

  const json::object claims =
      google_claims(*outcome.claims, {settings_.issuer, wanted.audience, wanted.nonces,
                                      std::move(emails), call.now, settings_.token_lifetime});
  const std::string token = keys_.sign(claims);
  if (const Status recorded = record(call, Severity::notice, "token.issued",
                                     {{"challenge", challenge},
                                      {"audience", wanted.audience},
                                      {"token_sha256", sha256_hex(as_bytes(token))},
                                      {"claims", claims}});
      !recorded) {
    return unrecorded();
  }

  json::object answer{{"oidcClaimsToken", token}};
  if (wanted.has_image_signatures) {
    answer["partialErrors"] = json::array{
        json::object{{"code", 12},
                     {"message",
                      "confidentialSpaceInfo: container image signatures are not verified by this "
                      "service; the token says nothing about them"}}};
  }
  HttpResponse response = json_response(200, answer);
  response.headers.set("Cache-Control", "no-store");
  return response;
}

HttpResponse AttestationService::refuse_recorded(const Call& call, std::string_view event,
                                                 const ApiError& error, json::object more,
                                                 unsigned unrecorded) const {
  more["status"] = error.http;
  more["reason"] = error.reason;
  more["message"] = printable(error.message, 1024);
  json::array failed;
  for (const ApiError::Violation& v : error.violations) failed.push_back(json::value(v.field));
  if (!failed.empty()) more["failed"] = std::move(failed);
  if (const Status recorded = record(call, Severity::warning, event, std::move(more)); !recorded) {
    return withheld(unrecorded);
  }
  return to_response(error);
}

Status AttestationService::record(const Call& call, Severity severity, std::string_view event,
                                  json::object more) const {
  json::object payload{
      {"event", event}, {"method", call.request.method}, {"resource", call.request.path}};
  if (!call.caller.principal.empty()) payload["principal"] = call.caller.principal;
  payload["peer"] = printable(call.request.peer, 64);
  for (auto& member : more) payload[member.key()] = std::move(member.value());
  // Whoever is nobody does not write into a project's log.
  const auto id = log_.append({"attestation",
                               call.caller.principal.empty() ? "-" : call.path.project,
                               severity,
                               std::move(payload),
                               {{"location", call.path.location}}},
                              call.now);
  if (id) return {};
  tell_operator(id.error());
  return pass_on(id);
}

bool AttestationService::serves(std::string_view location) const {
  return std::find(settings_.locations.begin(), settings_.locations.end(), location) !=
         settings_.locations.end();
}

}  // namespace assay
