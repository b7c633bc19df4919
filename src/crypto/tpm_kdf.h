// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "base/hash_algorithm.h"
#include "base/secret.h"

namespace assay {

/// KDFa: NIST SP 800-108 in counter mode with HMAC.  TPM 2.0 Part 1, 11.4.10.2.  `label` without
/// its NUL, which is added; SHA-256, SHA-384 or SHA-512; `size` in bytes.
Secret kdfa(HashAlgorithm algorithm, Bytes key, std::string_view label, Bytes context_u,
            Bytes context_v, std::size_t size);

/// KDFe: NIST SP 800-56A's one-step derivation from the x coordinate of an ECDH point.  TPM 2.0
/// Part 1, 11.4.10.3.  `party_u` and `party_v` are the x coordinates of the ephemeral and of the
/// static key.
Secret kdfe(HashAlgorithm algorithm, Bytes z, std::string_view label, Bytes party_u, Bytes party_v,
            std::size_t size);

}  // namespace assay
