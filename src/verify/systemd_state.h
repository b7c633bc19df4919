// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "formats/cel.h"
#include "verify/check.h"

namespace assay {

/// What systemd measured after the firmware and the boot loader.
struct SystemdState {
  /// A word and the register it was measured into.
  struct Word {
    CelRegister where;
    std::string text;
    bool operator==(const Word&) const = default;
  };
  std::vector<std::string> phases;    ///< PCR 11, in order: "enter-initrd", "leave-initrd", ...
  std::vector<std::string> identity;  ///< PCR 15: "machine-id:...", "file-system:..."
  std::vector<Word> others;           ///< "nvpcr-init:..." in PCR 9, ...
  /// Records whose digest is of something that the log does not hold, a volume's key for one.
  std::size_t secret = 0;
  bool operator==(const SystemdState&) const = default;
};

/// Reads the words that their digests vouch for, with the check systemd.words.measured.  An event's
/// type is not measured, so it decides nothing but what may be secret, and nothing may in PCR 11.
/// UAPI group, TPM PCR registry; systemd-pcrextend(8).
SystemdState read_systemd(const CelLog& log, Verdict& verdict);

json::object to_json(const SystemdState& state);

}  // namespace assay
