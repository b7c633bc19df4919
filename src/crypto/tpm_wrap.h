// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.h"
#include "base/hash_algorithm.h"
#include "base/result.h"
#include "crypto/public_key.h"

namespace assay {

/// A storage key of a TPM, as far as others need to know it to protect something for that TPM.
struct StorageKey {
  PublicKey key;
  HashAlgorithm name_algorithm = HashAlgorithm::sha256;  ///< SHA-256, SHA-384 or SHA-512
  std::size_t aes_bits = 128;  ///< of its symmetric algorithm, AES in CFB mode: 128 or 256
};

/// What the TPM will do with what it unwraps: each has its own keys.
enum class WrapPurpose {
  identity,   ///< TPM2_ActivateCredential.  Part 1, 24 "Credential Protection"
  duplicate,  ///< TPM2_Import.  Part 1, 23.3 "Protected storage hierarchy, duplication"
};

/// Encrypted for one TPM.
struct Wrapped {
  Buffer seed;  ///< TPM2B_ENCRYPTED_SECRET without its size: OAEP ciphertext, or TPMS_ECC_POINT
  Buffer blob;  ///< TPM2B_ID_OBJECT or TPM2B_PRIVATE without its size: TPM2B HMAC, ciphertext
};

/// Encrypts `content`, a whole TPM2B, so that only the TPM with `parent` opens it, and only
/// together with an object of this `name`: an outer wrap of TPM 2.0 Part 1, 22.4, without inner
/// encryption.  Random: two wraps of one content differ.
Wrapped wrap_for_tpm(const StorageKey& parent, WrapPurpose purpose, Bytes name, Bytes content);

/// A Name: nameAlg || H(TPMT_PUBLIC).  TPM 2.0 Part 1, 16.
Buffer tpm_name(HashAlgorithm name_algorithm, Bytes public_area);

}  // namespace assay
