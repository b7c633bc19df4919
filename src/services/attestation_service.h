// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "collateral/trust.h"
#include "http/message.h"
#include "policy/appraisal_policy.h"
#include "services/api_error.h"
#include "services/api_path.h"
#include "services/identity_token.h"
#include "services/refusal_limit.h"
#include "services/revocation_files.h"
#include "services/shared_paths.h"
#include "services/trusted_key_files.h"
#include "services/verify_request.h"
#include "store/audit_log.h"
#include "store/challenges.h"
#include "token/key_ring.h"

namespace assay {

struct AttestationSettings {
  /// `iss` of the tokens and base of the discovery document; no trailing slash.
  std::string issuer;
  /// Regions served under every project: clients ask for the one their zone lies in.
  std::vector<std::string> locations;
  std::chrono::seconds challenge_lifetime{3600};
  std::chrono::seconds token_lifetime{3600};
  /// What a machine must be to get a token; none: whatever is authentic.
  std::optional<AppraisalPolicy> policy = std::nullopt;
  /// What CAs have revoked; null: not asked.  Must outlive the service.
  RevocationFiles* revocation = nullptr;
  /// Attestation keys that are trusted themselves, for machines whose evidence has no certificate;
  /// null: none.  Must outlive the service.
  TrustedKeyFiles* trusted_keys = nullptr;
  RateLimit::Rate refusals{};  ///< of unknown callers that are recorded; more get 429
};

/// The attestation service: challenge, evidence, token, by the REST paths of Google's Confidential
/// Computing API v1 (docs/http-api.md).  Thread-safe.
///
/// A challenge is consumed by the first verifyAttestation that is well-formed and permitted,
/// whatever its verdict.  Every decision is a durable record before its answer leaves: no record,
/// no token.  503 is answered only while the challenge is unused, because clients repeat the
/// request then.
class AttestationService {
 public:
  AttestationService(AttestationSettings settings, const Trust& trust, const KeyRing& keys,
                     ChallengeStore& challenges, AuditLog& log, const Clock& clock);

  HttpResponse operator()(const HttpRequest& request) const;
  /// After the last request: records what is counted and not yet told.
  void close() const;

  /// What an HTTP server should let through for a path.
  static std::size_t body_limit(std::string_view method, std::string_view path);
  /// How an HTTP server should word its own refusals (413, 431, ...).
  static HttpResponse refuse(unsigned status, std::string_view message);

 private:
  /// A request on its way: what each step may need of it.
  struct Call {
    const HttpRequest& request;
    const ApiPath& path;
    Instant now;
    Caller caller;
  };

  /// VMs whose AK certificates are remembered: some 8 MiB.
  static constexpr std::size_t kRememberedPaths = 1024;

  HttpResponse discovery() const;
  HttpResponse key_set() const;
  HttpResponse api(const HttpRequest& request, const ApiPath& path) const;
  HttpResponse refuse_unknown(const Call& call, const Error& error) const;
  HttpResponse list_locations(const Call& call) const;
  HttpResponse get_location(const Call& call) const;
  HttpResponse create_challenge(const Call& call) const;
  HttpResponse verify_attestation(const Call& call) const;
  HttpResponse appraise(const Call& call, const VerifyRequest& wanted, Bytes nonce) const;

  /// Records the decision, then answers with it; `unrecorded` is the status where that fails.
  HttpResponse refuse_recorded(const Call& call, std::string_view event, const ApiError& error,
                               json::object more, unsigned unrecorded) const;
  Status record(const Call& call, Severity severity, std::string_view event,
                json::object more) const;
  bool serves(std::string_view location) const;

  AttestationSettings settings_;
  const Trust& trust_;
  const KeyRing& keys_;
  ChallengeStore& challenges_;
  AuditLog& log_;
  const Clock& clock_;
  mutable RefusalLimit refusals_;
  mutable SharedPaths paths_;
};

}  // namespace assay
