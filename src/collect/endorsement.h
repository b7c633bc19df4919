// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "collect/attester.h"
#include "collect/tpm.h"

namespace assay {

/// The TCG's default template of endorsement keys, TPMT_PUBLIC: restricted decryption, SHA-256,
/// AES-128-CFB, RSA-2048 or P-256 (TCG EK Credential Profile 2.5, annex B.3: L-1 and L-2).
Buffer endorsement_key_template(KeyAlgorithm algorithm);
/// The template of storage keys as gotpm and others use it: the owner's, without policy.
Buffer storage_key_template(KeyAlgorithm algorithm);

/// NV indexes of an endorsement key: 0x01C00002 and 4 for RSA, 0x01C0000A and C for P-256 (EK
/// Credential Profile, 2.2.1.4 and 2.2.1.5), as on Google Compute Engine.
ProviderKeyIndexes endorsement_key_indexes(KeyAlgorithm algorithm);

/// The endorsement key: the one at 0x81010001 (RSA) or 0x81010002 (P-256) if it is that, else made
/// anew from the template in NV, or from the default one.
Result<TpmKey> endorsement_key(Tpm& tpm, KeyAlgorithm algorithm);
/// Its certificate (DER) as the manufacturer left it in NV, without padding; nothing where there is
/// none.  Not compared with the key.
Result<std::optional<Buffer>> endorsement_certificate(Tpm& tpm, KeyAlgorithm algorithm);

}  // namespace assay
