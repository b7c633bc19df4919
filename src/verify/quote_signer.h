// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "formats/attestation.h"
#include "verify/trusted_key.h"

namespace assay {

/// The one of `keys` that signed the first quote, whatever else is wrong with the evidence; null if
/// none did.  Says whose evidence it is to be judged as, not that it is to be believed: a service
/// is sent no ak_pub to tell keys apart by.
const TrustedKey* find_quote_signer(const Attestation& attestation,
                                    std::span<const TrustedKey> keys);

}  // namespace assay
