// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "boots/boot_part.h"
#include "verify/replayed_log.h"

namespace assay {

/// One thing that is different between two boots.
struct BootChange {
  BootPart part;
  std::uint32_t pcr;
  const Event* before = nullptr;       ///< none: it was added
  const Event* after = nullptr;        ///< none: it is gone
  std::string words;                   ///< "Secure Boot: on, was off"; printable
  DataTrust trust = DataTrust::whole;  ///< of the words: the least of both events
};

/// What changed from one boot to another, in the order of their registers and events.
struct BootDiff {
  std::vector<BootChange> changes;
  std::vector<std::uint32_t> pcrs;  ///< those whose values differ in a bank that both have
  RegisterLayout layout = RegisterLayout::tpm;  ///< of the registers

  /// The parts that changed, each once.
  [[nodiscard]] std::vector<BootPart> parts() const;
};

/// Lines up two logs, register by register, along what was measured the same in both (the longest
/// common subsequence of their digests), and says what lies between.  Both must have a bank in
/// common; the strongest such is compared.  Fault::malformed where they have none, where one is of
/// a TPM and the other of CC registers, or where a register's events differ in more than 4,096
/// places.  Of an event that is at fault (its data is not what was measured, or its type not what
/// was logged) no word is repeated.
Result<BootDiff> diff_boots(const ReplayedLog& before, const ReplayedLog& after);

/// [{"kind","register","before":N,"after":N,"words","data_trust"}]; N is an event number, null for
/// none.
json::array to_json(const std::vector<BootChange>& changes);

}  // namespace assay
