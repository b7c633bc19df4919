// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/hash_algorithm.h"
#include "formats/ima.h"
#include "formats/pcr.h"

namespace assay {

/// Where the kernel extends what it measures, unless it was told otherwise when it was built.
/// Linux, CONFIG_IMA_MEASURE_PCR_IDX.
inline constexpr std::size_t kImaPcr = 10;

/// What the kernel extends a bank other than SHA-1's with.
enum class ImaExtension {
  rehashed,     ///< H(template data) of the bank: Linux 5.8 and newer
  padded_sha1,  ///< the SHA-1 template hash and zeros: before, and where it lacks the algorithm
  either,       ///< not known yet: both are followed until a quote tells
};

/// Replays a measurement list entry by entry, into several banks at once.  A plain value: a copy
/// remembers where the list stood.  No allocation for an entry.
class ImaReplay {
 public:
  /// `banks`: none twice, at most 5.
  explicit ImaReplay(std::span<const HashAlgorithm> banks,
                     ImaExtension extension = ImaExtension::rehashed);

  /// Extends the entry's PCR; a violation extends with ones.  False if the logged template hash is
  /// not that of the template data: the list was edited.  What is extended is computed, not logged.
  [[nodiscard]] bool extend(const ImaEntry& entry);

  /// A bank under one of the ways to extend it.
  struct Bank {
    HashAlgorithm algorithm;
    ImaExtension extension;    ///< never `either`
    std::vector<Digest> pcrs;  ///< all 24
  };
  /// Of a bank that is extended in an unknown way, both.
  [[nodiscard]] const std::vector<Bank>& banks() const { return banks_; }
  /// Whether each of `quoted`, which are all the banks, has the replayed value of PCR 10, whatever
  /// the list uses, of every other PCR used, and of those that `compare_also` named.
  [[nodiscard]] bool agrees_with(std::span<const PcrValues> quoted) const;
  /// For who knows already which PCRs the rest of the list uses.
  void compare_also(PcrMask pcrs) { compared_ |= pcrs; }
  /// Gives up the ways of extending that do not agree.
  void settle(std::span<const PcrValues> quoted);
  /// The PCRs that an entry was extended into.
  [[nodiscard]] PcrMask used() const { return used_; }
  /// The algorithm of the list's template hashes; unknown until an entry that is no violation.
  [[nodiscard]] std::optional<HashAlgorithm> hash_algorithm() const { return hash_algorithm_; }

 private:
  bool check_hash(const ImaEntry& entry, const Digest* sha1);
  [[nodiscard]] bool agrees(const Bank& bank, const PcrValues& quoted) const;

  std::vector<Bank> banks_;
  bool needs_sha1_ = false;
  PcrMask used_ = 0;
  PcrMask compared_ = PcrMask{1} << kImaPcr;
  std::optional<HashAlgorithm> hash_algorithm_;
};

/// How much of a growing list quotes have covered.  Begins with nothing.
struct ImaProgress {
  explicit ImaProgress(std::span<const HashAlgorithm> banks,
                       ImaExtension extension = ImaExtension::either)
      : replay(banks, extension) {}
  ImaPosition at;
  ImaReplay replay;
};

/// How a list and quoted PCRs agree.
struct ImaMatch {
  bool matched = false;
  std::uint64_t entries = 0;  ///< the quotes cover so many from the beginning
  std::size_t left = 0;       ///< bytes of the list behind them: what no quote covers yet
  /// Banks that were extended with padded SHA-1 hashes: they hold no more than SHA-1 does.
  std::vector<HashAlgorithm> padded = {};
  std::optional<std::uint64_t> edited =
      std::nullopt;      ///< an entry whose template hash is not that of its data
  std::string why = {};  ///< where not matched
};

/// Finds the first prefix of `list` that the quoted values cover: the list may have grown after the
/// quote was made.  An empty one is covered where PCR 10 is zero.  Reads on from `progress`, and
/// moves it to the end of that prefix where there is one, so that the next call, with a longer list
/// and a newer quote, reads only what is new.  Entries behind the prefix are not looked at.
/// `quoted` holds exactly the banks of `progress`, with PCR 10 and every PCR that the list extends.
ImaMatch ima_prefix_match(ImaProgress& progress, ImaFormat format, Bytes list,
                          std::span<const PcrValues> quoted);

/// Which firmware PCRs the first entry's digest, "boot_aggregate", is the hash of.
enum class BootAggregate {
  pcrs_0_to_7,  ///< Linux before 5.8, and with SHA-1
  pcrs_0_to_9,  ///< newer
  mismatch,     ///< of neither: the list is of another boot
  no_bank,      ///< the values of its bank are not at hand
  absent,       ///< the entry is none
};
std::string_view name_of(BootAggregate aggregate);

/// Compares a list's first entry with PCR values, replayed or quoted.
BootAggregate check_boot_aggregate(const ImaEntry& first, std::span<const PcrValues> pcrs);

}  // namespace assay
