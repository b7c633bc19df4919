// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "http/message.h"
#include "policy/claims_policy.h"
#include "services/jwks_cache.h"
#include "services/refusal_limit.h"
#include "services/release_token.h"
#include "store/audit_log.h"
#include "store/secrets.h"

namespace assay {

struct ReleaseSettings {
  std::string audience;  ///< `aud` that tokens must name
  /// Tokens about emulated machines (`hwmodel` "ASSAY_EMULATED_...") prove nothing about hardware.
  enum class EmulatedTokens {
    refused,
    accepted_for_development
  } emulated = EmulatedTokens::refused;
  RateLimit::Rate refusals{};  ///< of unknown callers that are recorded; more get 429
};

/// The secret-release service: GET /v1/secrets/NAME with an attestation token as bearer
/// (docs/http-api.md).  Thread-safe.
///
/// Every release and every refusal is a durable record before its answer leaves: no record, no
/// secret.  A secret that does not exist is refused like one nobody may have.
class ReleaseService {
 public:
  ReleaseService(ReleaseSettings settings, const ClaimsPolicy& policy, JwksCache& keys,
                 const SecretStore& secrets, AuditLog& log, const Clock& clock);

  HttpResponse operator()(const HttpRequest& request) const;
  /// After the last request: records what is counted and not yet told.
  void close() const;

  /// How an HTTP server should word its own refusals (413, 431, ...).
  static HttpResponse refuse(unsigned status, std::string_view message);

 private:
  /// A request on its way, and what is known about it so far.
  struct Call {
    const HttpRequest& request;
    std::string secret;
    Instant now;
    std::string token_sha256 = {};
    json::object claims = {};  ///< of an accepted token
  };
  /// Why there is no secret.
  struct Refusal {
    unsigned status;
    std::string slug, title;
    std::string challenge;  ///< WWW-Authenticate; empty for none
    std::vector<Check> failed;
    /// What a policy would have let pass is for its author: the caller learns what was asked and
    /// what its token says, the record has all.
    enum class Expected { told, kept } expected = Expected::told;
  };

  HttpResponse release(Call& call) const;
  [[nodiscard]] bool is_absent(const std::string& secret) const;
  HttpResponse refuse_broken_store(const Call& call, const Error& error) const;
  HttpResponse refuse_recorded(const Call& call, const Refusal& refusal) const;
  /// The same for a caller who has shown no token that is in order.
  HttpResponse refuse_unknown(const Call& call, const Refusal& refusal) const;
  HttpResponse refuse_token(const Call& call, std::vector<Check> failed) const;
  HttpResponse refuse_access(const Call& call, std::vector<Check> failed) const;
  Status record(const Call& call, Severity severity, std::string_view event,
                json::object more) const;
  [[nodiscard]] Verdict appraise(const Call& call) const;

  ReleaseSettings settings_;
  const ClaimsPolicy& policy_;
  JwksCache& keys_;
  const SecretStore& secrets_;
  AuditLog& log_;
  const Clock& clock_;
  mutable RefusalLimit refusals_;
};

}  // namespace assay
