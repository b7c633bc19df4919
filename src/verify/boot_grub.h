// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "verify/boot_parts.h"

namespace assay {

/// What GRUB measured: PCR 8 and 9.
struct GrubReading {
  std::optional<GrubState> grub;
  std::optional<std::string> kernel_command_line;
  std::string
      fault;  ///< why the command line cannot be believed; empty if nothing speaks against it
};

GrubReading read_grub(const ReplayedLog& replayed);

}  // namespace assay
