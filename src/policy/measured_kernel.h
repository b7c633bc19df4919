// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "verify/machine_state.h"

namespace assay {

/// The digest of the kernel that a boot started, in each place where it was measured as such:
/// - a unified kernel image: its `.linux` section, PCR 11, and the last EFI application, PCR 4
///   (Authenticode): whoever starts another one can extend the section afterwards;
/// - GRUB's last `linux` command: the file in PCR 9 that has behind it as many files as the initrd
///   commands name, where none of the other commands behind it can have read one;
/// - neither, but a kernel's own stub ran: the last EFI application, PCR 4 (Authenticode).
///
/// Nothing where no place says which it was.  As good as the programs before the kernel, which
/// measure it, and for GRUB as the list of its other files: the order of commands among files is in
/// no register, so that a file that is not listed must be refused too.
std::optional<std::vector<Digest>> measured_kernel(const MachineState& machine);

/// Whether GRUB was told to load a kernel of Linux.
bool loads_linux(const GrubState& grub);

}  // namespace assay
