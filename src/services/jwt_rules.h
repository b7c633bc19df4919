// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "verify/check.h"

namespace assay {

/// What the claims of a JWT must say before anybody relies on them.  RFC 7519 section 4.1.
struct JwtRules {
  std::string issuer;
  std::string audience;  ///< RFC 8725 section 3.9: never empty
  Instant now;
  std::chrono::seconds leeway{60};               ///< for the clocks of two machines
  std::chrono::seconds max_lifetime{24 * 3600};  ///< exp - iat
};

/// Holds `claims` of a verified signature against `rules`: token.issuer, token.audience,
/// token.expired, token.not_before, token.issued_at, token.lifetime, each always asked.
std::vector<Check> check_jwt_claims(const json::object& claims, const JwtRules& rules);

/// The first check that did not pass; nullptr if all did.
const Check* first_failure(const std::vector<Check>& checks);

}  // namespace assay
