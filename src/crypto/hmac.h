// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.h"
#include "base/hash_algorithm.h"

namespace assay {

/// HMAC (FIPS 198-1) of `data`.  Compare it with equal_in_constant_time.
Digest hmac(HashAlgorithm algorithm, Bytes key, Bytes data);

}  // namespace assay
