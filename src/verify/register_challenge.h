// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/secret.h"
#include "crypto/tpm_wrap.h"
#include "formats/register_message.h"
#include "verify/enrolled_key.h"

namespace assay {

/// Of the secret of a gotpm `register` challenge.
inline constexpr std::size_t kRegisterSecretBytes = 32;

/// gotpm's `register create-challenge` without a TPM: `secret`, kRegisterSecretBytes random bytes
/// for this challenge alone, as a restricted HMAC key that the TPM with `ek` alone can import.
/// `obfuscation`: 32 more.
ImportBlob issue_register_challenge(const StorageKey& ek, const Secret& secret, Bytes obfuscation);

/// gotpm's `register verify-challenge`, and whether the key is an attestation key, which gotpm does
/// not ask: did the TPM that imported `secret` certify the key (register.*, ak.public.*)?  A secret
/// proves as often as it is asked: use each once.
EnrolledKeyOutcome authenticate_certified_key(const CertifiedBlob& blob, const Secret& secret);

}  // namespace assay
