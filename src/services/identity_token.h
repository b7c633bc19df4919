// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "collateral/trust.h"

namespace assay {

/// Who a trusted identity issuer says a caller is.
struct Caller {
  std::string principal;         ///< e-mail of a service account
  const IdentityIssuer* issuer;  ///< borrowed from the Trust it was verified with
};

/// The holder of an access token (collateral/identity.h): signed by one of `trust`'s identity
/// issuers, for this API, in its time.  Fault::untrusted says what is wrong.
Result<Caller> verify_access_token(std::string_view token, const Trust& trust, Instant now);

/// The service account an identity token (collateral/identity.h) proves: signed by one of `trust`'s
/// identity issuers, made for `audience` and nobody else, in its time, with a verified e-mail.
/// Fault::untrusted says what is wrong.
Result<Caller> verify_identity_token(std::string_view token, const std::string& audience,
                                     const Trust& trust, Instant now);

}  // namespace assay
