// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "verify/check.h"
#include "verify/machine_state.h"
#include "verify/replayed_log.h"

namespace assay {

// The parts of MachineState, each read from the events of its PCRs.  All use only what a digest
// vouches for, and record the checks of what they rely on.

/// PCR 0 up to its separator: firmware version and confidential technology.  Checks
/// boot.separators.once, boot.firmware.version, boot.firmware.technology.
PlatformState read_platform(const ReplayedLog& replayed, LogExtent extent, Verdict& verdict);

/// PCR 7: the Secure Boot variables before the separator, and who vouched for what ran after it.
/// Checks boot.firmware.debug and boot.secure_boot.*.
SecureBootState read_secure_boot(const ReplayedLog& replayed, LogExtent extent, Verdict& verdict);

/// PCR 2, 4 and 5: drivers and applications of the firmware, up to ExitBootServices.  Checks
/// boot.efi.*.
std::optional<EfiState> read_efi(const ReplayedLog& replayed, Verdict& verdict);

/// PCR 7 and 14: what shim says about itself.  No checks: a machine need not have a shim.
std::optional<ShimState> read_shim(const ReplayedLog& replayed);

/// The kernel's command line, as far as those who measured one agree.
struct CommandLineReading {
  std::optional<std::string> text;
  /// What a loader measured, and nothing contradicts, but Linux does not confirm.  Not to be
  /// believed: see docs/formats/event-log.md, "The kernel's command line".
  std::optional<std::string> unconfirmed;
  std::vector<CommandLineSource> measured_by;  ///< of `text`
  std::vector<Digest> load_options;            ///< what Linux' EFI stub says that it was given
};

/// PCR 8, 9, 11 and 12: what the boot loader executed and loaded, and the kernel's command line.
struct LoaderReading {
  std::optional<GrubState> grub;
  std::optional<UkiState> uki;
  CommandLineReading command_line;
  std::vector<Digest> initrds;
  std::vector<Digest> unexplained_options;
};
/// Checks boot.kernel.* and boot.uki.sections.
LoaderReading read_loader(const ReplayedLog& replayed, Verdict& verdict);

/// PCR 11 to 14: what Windows measured of itself.  Check boot.windows.events.
std::optional<WindowsState> read_windows(const ReplayedLog& replayed, LogExtent extent,
                                         Verdict& verdict);

}  // namespace assay
