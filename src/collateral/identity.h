// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace assay {

/// How the tokens of an IdentityIssuer (collateral/trust.h) look, said once for those who issue
/// them (an emulator's metadata server) and those who accept them (the attestation service).
///
/// Access token, to call the service: a JWT (RFC 9068) with header `typ` kAccessTokenType and
/// claims `iss`, `sub`, `email` (the principal that grants name), `aud` = kAccessTokenAudience,
/// `iat`, `exp`.
inline constexpr std::string_view kAccessTokenType = "at+jwt";
inline constexpr std::string_view kAccessTokenAudience = "https://assay/confidentialcomputing";

/// Identity token, to prove a service account to the verifier: a JWT with header `typ`
/// kIdentityTokenType and claims `iss`, `sub`, `aud` = what the asker named (the challenge's full
/// name), `email`, `email_verified` true, `iat`, `exp`.
inline constexpr std::string_view kIdentityTokenType = "JWT";

}  // namespace assay
