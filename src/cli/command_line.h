// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/io.h"

namespace assay {

/// Runs `assay ARGUMENTS...` and yields its exit code.  The one place that knows the command-line
/// library.
int run_command_line(int argc, const char* const* argv, Io io);

}  // namespace assay
