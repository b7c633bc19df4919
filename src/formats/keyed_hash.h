// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.h"
#include "base/secret.h"

namespace assay {

/// TPMT_PUBLIC of a restricted HMAC-SHA256 key that comes from outside of the TPM (userWithAuth,
/// noDA, restricted, sign; name algorithm SHA-256), as gotpm's `register` imports it.  `unique` is
/// H(seed || key).  TPM 2.0 Part 2, 12.2.4 and 12.2.3.2.
Buffer hmac_key_public(Bytes unique);

/// TPM2B_SENSITIVE of the same key, without password.  `seed` obfuscates `unique`.  Part 2, 12.3.2.
Secret keyed_hash_sensitive(Bytes seed, Bytes key);

}  // namespace assay
