// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/json.h"
#include "formats/pcr.h"
#include "verify/check.h"
#include "verify/ima_replay.h"
#include "verify/quote_checks.h"

namespace assay {

/// How far quotes cover the kernel's measurement list, which may have grown behind them.
struct ImaState {
  std::uint64_t entries = 0;     ///< that are covered, from the beginning
  std::uint64_t behind = 0;      ///< that no quote covers yet: nothing vouches for them
  std::uint64_t violations = 0;  ///< covered ones that say nothing of their file
  PcrMask registers = 0;         ///< that the list extends
  /// Quoted banks that hold the hashes of the entries themselves, the strongest first.
  std::vector<HashAlgorithm> banks = {};
  /// Quoted banks that hold padded SHA-1 hashes, and so no more than SHA-1 does.
  std::vector<HashAlgorithm> padded = {};
  BootAggregate boot_aggregate = BootAggregate::absent;
};

/// Judges a measurement list in either spelling that was sent beside quotes: checks ima.*.  Nothing
/// where one fails.  It is authentic only if the quotes are.
std::optional<ImaState> check_ima_list(Bytes list, std::span<const PcrValues> quoted, Sha1 sha1,
                                       Verdict& verdict);

/// "58 entries covered, 2 behind the quote (sha256, sha1; padded SHA-1 in sha384)".
std::string describe(const ImaState& state);

/// {"entries","behind","violations","banks","padded","boot_aggregate"}.
json::object to_json(const ImaState& state);

}  // namespace assay
