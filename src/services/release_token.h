// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "services/jwks_cache.h"
#include "verify/check.h"

namespace assay {

/// What a relying party found out about a bearer token.
struct TokenJudgement {
  std::vector<Check> checks;
  json::object claims;  ///< signed by the issuer; empty unless accepted()

  [[nodiscard]] bool accepted() const;
};

/// Is `token` an attestation token that one of `keys`' issuers signed for `audience`, and is it
/// time for it?  Checks, in order: token.format, token.algorithm, token.type, token.issuer,
/// token.key, token.signature, and then those of check_jwt_claims, each asked.  The first six each
/// need the one before.  Fault::unavailable when the issuer's keys cannot be had.
Result<TokenJudgement> judge_token(std::string_view token, const std::string& audience,
                                   JwksCache& keys, Instant now);

}  // namespace assay
