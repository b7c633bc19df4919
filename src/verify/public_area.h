// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "crypto/public_key.h"
#include "formats/tpm.h"
#include "verify/check.h"

namespace assay {

/// What check_public_area asks, in its order.
inline constexpr std::array<const char*, 6> kPublicAreaChecks = {
    "ak.public.restricted",   "ak.public.purpose", "ak.public.fixed_tpm",
    "ak.public.fixed_parent", "ak.public.origin",  "ak.public.scheme"};

/// The key in a public area.  Fault::malformed for RSA under 2048 bits, a curve other than P-256
/// and P-384, or a template that holds no key.
Result<PublicKey> public_key_of(const TpmPublic& area);

/// Is a key with this public area an attestation key (kPublicAreaChecks)?  The area's bytes are
/// what the TPM enforces; whether they are this key's area is for the caller to know.
void check_public_area(const TpmPublic& area, Verdict& verdict);

}  // namespace assay
