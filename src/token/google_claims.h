// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "verify/authentic.h"
#include "verify/vtpm.h"

namespace assay {

/// What the caller of the attestation service may choose about its token.
struct TokenRequest {
  std::string issuer;
  std::string audience;
  std::vector<std::string> nonces;                  ///< into eat_nonce
  std::vector<std::string> service_account_emails;  ///< verified ones only
  Instant now;
  std::chrono::seconds lifetime{3600};
};

/// The claim set of a Google Cloud Attestation token for a Confidential VM, by Google's names and
/// types (docs/tokens.md), made from authentic claims.  Emulated evidence yields
/// "dbgstat":"enabled" and a hwmodel that starts with "ASSAY_EMULATED_", so that no relying party
/// takes it for hardware; what an operator's own CA vouches for is "ASSAY_PRIVATE_" and bears none
/// of Google's names.
json::object google_claims(const Authentic<VtpmClaims>& vtpm, const TokenRequest& request);

}  // namespace assay
