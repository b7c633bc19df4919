// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "base/hash_algorithm.h"

namespace assay {

/// PCR banks, the strongest first: SM3 and SHA-256 have one size, and the latter is what everybody
/// quotes.
inline constexpr std::array kBanksStrongestFirst{HashAlgorithm::sha512, HashAlgorithm::sha384,
                                                 HashAlgorithm::sha256, HashAlgorithm::sm3_256,
                                                 HashAlgorithm::sha1};

/// The bank of this name, as name_of() writes it: "sha256".
constexpr std::optional<HashAlgorithm> bank_named(std::string_view name) {
  for (const HashAlgorithm bank : kBanksStrongestFirst)
    if (name_of(bank) == name) return bank;
  return std::nullopt;
}

}  // namespace assay
