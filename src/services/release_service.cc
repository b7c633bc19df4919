// SPDX-License-Identifier: Apache-2.0
#include "services/release_service.h"

#include <fmt/format.h>
#include <algorithm>

#include "base/check.h"
#include "crypto/hash.h"
#include "http/problem.h"
#include "services/jwt_rules.h"
#include "services/operator_log.h"
#include "services/printable.h"

namespace assay {
namespace {

constexpr std::string_view kSecrets = "/v1/secrets/";
constexpr std::string_view kEmulatedPrefix = "ASSAY_EMULATED_";

std::vector<Check> failures(const std::vector<Check>& checks) {
  std::vector<Check> out;
  std::copy_if(checks.begin(), checks.end(), std::back_inserter(out), [](const Check& c) {
    return c.verdict == CheckVerdict::fail || c.verdict == CheckVerdict::not_checked;
  });
  return out;
}

std::string sentence(const Check& check) {
  std::string out = fmt::format("{}: ", check.id);
  if (check.verdict == CheckVerdict::not_checked)
    out += fmt::format("could not be checked: {}", check.got);
  else if (check.expected.empty())
    out += fmt::format("got {}", check.got);
  else
    out += fmt::format("expected {}, got {}", check.expected, check.got);
  if (!check.hint.empty()) out += "; " + check.hint;
  return out;
}

/// What the check asks of every token, by docs/checks.md.
std::string_view question(std::string_view id) {
  id = id.substr(0, id.find('/'));
  const auto& all = all_checks();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const auto& c) { return c.id == id; });
  return found == all.end() ? "" : found->asks;
}

/// The checks without the values that would have passed.
std::vector<Check> without_expected(std::vector<Check> checks) {
  for (Check& check : checks) check.expected = {};
  return checks;
}

/// As the caller reads them: with "expected", or with "asks" where that is not told.
json::array told(const std::vector<Check>& checks) {
  json::array out;
  for (const Check& check : checks) {
    json::object members{{"id", check.id.view()}, {"verdict", name_of(check.verdict)}};
    if (check.expected.empty())
      members["asks"] = question(check.id);
    else
      members["expected"] = check.expected.view();
    members["got"] = check.got.view();
    if (!check.hint.empty()) members["hint"] = check.hint;
    out.push_back(std::move(members));
  }
  return out;
}

/// RFC 6750 section 3: the values of error_description "MUST NOT include characters outside the set
/// %x20-21 / %x23-5B / %x5D-7E".
std::string in_quotes(std::string_view text) {
  std::string out = printable(text, 200);
  std::replace(out.begin(), out.end(), '"', '\'');
  std::replace(out.begin(), out.end(), '\\', '/');
  return '"' + out + '"';
}

std::string bearer_challenge(std::string_view error, std::string_view description) {
  return fmt::format("Bearer realm=\"assay\", error={}, error_description={}", in_quotes(error),
                     in_quotes(description));
}

HttpResponse unrecorded() {
  return problem(503, "audit-log-unavailable",
                 "The decision could not be recorded, so it is withheld", kSeeOperatorLog);
}

/// Where the record belongs: the project an accepted token names, or none.
std::string project_of(const json::object& claims) {
  const auto submods = json_object(claims, "submods");
  const auto gce = submods ? json_object(**submods, "gce") : pass_on(submods);
  const auto project = gce ? json_string(**gce, "project_id") : pass_on(gce);
  return project && !project->empty() ? printable(*project, 128) : "-";
}

}  // namespace

ReleaseService::ReleaseService(ReleaseSettings settings, const ClaimsPolicy& policy,
                               JwksCache& keys, const SecretStore& secrets, AuditLog& log,
                               const Clock& clock)
    : settings_(std::move(settings)),
      policy_(policy),
      keys_(keys),
      secrets_(secrets),
      log_(log),
      clock_(clock),
      refusals_("release", settings_.refusals, log, clock) {
  ASSAY_CHECK(!settings_.audience.empty());
}

HttpResponse ReleaseService::refuse(unsigned status, std::string_view message) {
  return problem(status, "http", "The request was refused", message);
}

void ReleaseService::close() const { refusals_.close(); }

HttpResponse ReleaseService::operator()(const HttpRequest& request) const {
  refusals_.report();
  const bool health = request.path == "/healthz";
  const std::string_view path = request.path;
  if (!health && (!path.starts_with(kSecrets) || path.size() == kSecrets.size() ||
                  path.find('/', kSecrets.size()) != std::string_view::npos)) {
    return problem(404, "unknown-path", "Nothing is served here",
                   fmt::format("{}: secrets are at {}NAME", printable(path, 256), kSecrets));
  }
  if (request.method != "GET") {
    HttpResponse answer = problem(405, "method-not-allowed", "This path answers GET only",
                                  "got " + printable(request.method, 32));
    answer.headers.set("Allow", "GET");
    return answer;
  }
  if (health) return text_response(200, "ok\n");
  Call call{request, printable(path.substr(kSecrets.size()), 128), clock_.now()};
  HttpResponse answer = release(call);
  answer.headers.set("Cache-Control", "no-store");
  return answer;
}

HttpResponse ReleaseService::release(Call& call) const {
  const auto token = bearer_token(call.request);
  if (!token) {
    const bool sent = call.request.headers.count("Authorization") > 0;
    return refuse_unknown(
        call,
        {401,
         "token-missing",
         "An attestation token is required",
         // RFC 6750 section 3.1: no error code for a request that carries no credentials.
         sent ? bearer_challenge("invalid_token", token.error().why) : "Bearer realm=\"assay\"",
         {{"token.present", CheckVerdict::fail, "Authorization: Bearer TOKEN", token.error().why,
           "get a token from the attestation service (`assay token`)"}}});
  }
  call.token_sha256 = sha256_hex(as_bytes(*token));

  auto judgement = judge_token(*token, settings_.audience, keys_, call.now);
  if (!judgement) {
    const Error& error = judgement.error();
    return refuse_unknown(call, {503,
                                 "keys-unavailable",
                                 "The issuer's keys cannot be had at the moment",
                                 {},
                                 {{"token.key",
                                   CheckVerdict::not_checked,
                                   {},
                                   to_string(error),
                                   "try again when the attestation service is up"}}});
  }
  if (!judgement->accepted()) return refuse_token(call, failures(judgement->checks));
  call.claims = std::move(judgement->claims);

  const Verdict verdict = appraise(call);
  if (!verdict.accepted()) return refuse_access(call, failures(verdict.checks()));
  const Result<Secret> secret = secrets_.get(call.secret);
  if (!secret && !is_absent(call.secret)) return refuse_broken_store(call, secret.error());
  if (!secret) {
    // As a secret that no policy lists, so that nobody learns which of the two it is.
    return refuse_access(call,
                         failures(ClaimsPolicy().appraise(call.secret, call.claims).checks()));
  }
  if (const Status recorded =
          record(call, Severity::notice, "secret.released",
                 {{"checks", judgement->checks.size() + verdict.checks().size()}});
      !recorded) {
    return unrecorded();
  }
  HttpResponse answer{200, {}, to_text(secret->reveal())};
  answer.headers.set("Content-Type", "application/octet-stream");
  answer.headers.set("X-Content-Type-Options", "nosniff");
  return answer;
}

/// The policy's verdict, and first of all whether the token is about hardware.
Verdict ReleaseService::appraise(const Call& call) const {
  Verdict verdict;
  if (settings_.emulated == ReleaseSettings::EmulatedTokens::refused) {
    const auto model = json_string(call.claims, "hwmodel");
    const bool hardware = model && !model->starts_with(kEmulatedPrefix);
    verdict.require(
        "policy.hardware", hardware, "hwmodel of real hardware",
        model ? printable(*model, 128) : model.error().why,
        "an emulated machine proves nothing; development services accept it with --dev");
    // Tokens of real confidential VMs carry no dbgstat; those of Confidential Space say how it is.
    const json::value* debug = call.claims.if_contains("dbgstat");
    verdict.require("policy.debug",
                    debug == nullptr || *debug == json::value("disabled-since-boot"),
                    "no dbgstat, or disabled-since-boot",
                    debug == nullptr ? "none" : printable(json::serialize(*debug), 128),
                    "a machine that can be debugged keeps no secret");
  }
  verdict.append(policy_.appraise(call.secret, call.claims));
  return verdict;
}

HttpResponse ReleaseService::refuse_unknown(const Call& call, const Refusal& refusal) const {
  const auto wait = refusals_.retry_after();
  if (!wait) return refuse_recorded(call, refusal);
  HttpResponse answer =
      problem(429, "too-many-refusals", "Too many callers without a token that is in order",
              "this refusal is counted but not recorded; try again later");
  answer.headers.set("Retry-After", std::to_string(wait->count()));
  return answer;
}

HttpResponse ReleaseService::refuse_token(const Call& call, std::vector<Check> failed) const {
  std::string challenge = bearer_challenge("invalid_token", sentence(failed.front()));
  return refuse_unknown(call, {401, "token-refused", "The token is refused", std::move(challenge),
                               std::move(failed)});
}

HttpResponse ReleaseService::refuse_access(const Call& call, std::vector<Check> failed) const {
  // RFC 6750 section 3.1: insufficient_scope is the code for "requires higher privileges than
  // provided".
  const Check first = without_expected({failed.front()}).front();
  return refuse_recorded(
      call, {403, "access-refused", "The token is in order but may not have this secret",
             bearer_challenge("insufficient_scope", sentence(first)), std::move(failed),
             Refusal::Expected::kept});
}

/// Only the list of names can tell a secret that is not there from one that cannot be read.
bool ReleaseService::is_absent(const std::string& secret) const {
  const auto names = secrets_.list();
  return names && std::find(names->begin(), names->end(), secret) == names->end();
}

HttpResponse ReleaseService::refuse_broken_store(const Call& call, const Error& error) const {
  tell_operator(error);
  return refuse_recorded(call, {503,
                                "secrets-unavailable",
                                "The secrets cannot be read at the moment",
                                {},
                                {{"policy.secret.listed",
                                  CheckVerdict::not_checked,
                                  {},
                                  "the secret store failed",
                                  kSeeOperatorLog}}});
}

HttpResponse ReleaseService::refuse_recorded(const Call& call, const Refusal& refusal) const {
  const Check& first = refusal.failed.front();
  json::array ids;
  for (const Check& check : refusal.failed) ids.push_back(json::value(check.id.view()));
  if (const Status recorded = record(call, Severity::warning, "secret.refused",
                                     {{"status", refusal.status},
                                      {"check", first.id.view()},
                                      {"message", printable(sentence(first), 1024)},
                                      {"failed", std::move(ids)}});
      !recorded) {
    return unrecorded();
  }
  const std::vector<Check> shown = refusal.expected == Refusal::Expected::kept
                                       ? without_expected(refusal.failed)
                                       : refusal.failed;
  HttpResponse answer =
      problem(refusal.status, refusal.slug, refusal.title, sentence(shown.front()),
              {{"check", first.id.view()}, {"checks", told(shown)}});
  if (!refusal.challenge.empty()) answer.headers.set("WWW-Authenticate", refusal.challenge);
  return answer;
}

Status ReleaseService::record(const Call& call, Severity severity, std::string_view event,
                              json::object more) const {
  json::object payload{{"event", event}, {"secret", call.secret}};
  if (!call.token_sha256.empty()) payload["token_sha256"] = call.token_sha256;
  for (const std::string_view claim : {"iss", "sub", "hwmodel"}) {
    if (const auto value = json_string(call.claims, claim)) payload[claim] = printable(*value, 512);
  }
  payload["peer"] = printable(call.request.peer, 64);
  for (auto& member : more) payload[member.key()] = std::move(member.value());
  const auto id =
      log_.append({"release", project_of(call.claims), severity, std::move(payload), {}}, call.now);
  if (id) return {};
  tell_operator(id.error());
  return pass_on(id);
}

}  // namespace assay
