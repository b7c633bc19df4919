// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "http/client.h"

namespace assay {

/// The certificates above `certificate` (DER), nearest first, fetched from the caIssuers URLs of
/// its authorityInfoAccess (RFC 5280, 4.2.2.1) and so on upwards: at most 3 URLs a certificate, 4
/// certificates, 10 seconds and 64 KiB each.  Each must have signed the one below.  A verifier
/// trusts none of them for that; they only spare it the fetching.
///
/// None where the certificate names no URL.  Fault::unavailable when no URL of a certificate serves
/// its issuer.
Result<std::vector<Buffer>> fetch_issuers(const HttpClient& http, Bytes certificate);

}  // namespace assay
