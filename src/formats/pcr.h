// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/hash_algorithm.h"

namespace assay {

inline constexpr std::size_t kPcrCount = 24;

/// A set of PCR indexes; bit i is PCR i.
using PcrMask = std::uint32_t;

/// The values of some PCRs of one bank.
struct PcrValues {
  HashAlgorithm bank = HashAlgorithm::sha256;
  std::array<std::optional<Digest>, kPcrCount> values;  ///< each of `bank`'s algorithm

  [[nodiscard]] PcrMask mask() const {
    PcrMask m = 0;
    for (std::size_t i = 0; i < kPcrCount; ++i) m |= values[i] ? PcrMask{1} << i : 0;
    return m;
  }
  bool operator==(const PcrValues&) const = default;
};

}  // namespace assay
