// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "base/bytes.h"
#include "base/hash_algorithm.h"

namespace assay {

/// The digest of `data`.
Digest hash(HashAlgorithm algorithm, Bytes data);
/// Lower-case hex of SHA-256, for fingerprints of certificates, tokens and evidence.
std::string sha256_hex(Bytes data);

/// TPM2_PCR_Extend: `pcr` becomes H(pcr || digest).  Both of one algorithm.  No allocation.
/// TCG TPM 2.0 Part 1, 17.2.
void extend(Digest& pcr, const Digest& digest);

/// Hashes in pieces.  Reusable after finish(); move-only.
class Hasher {
 public:
  explicit Hasher(HashAlgorithm algorithm);
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;
  ~Hasher();
  Hasher& update(Bytes data);
  [[nodiscard]] Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace assay
