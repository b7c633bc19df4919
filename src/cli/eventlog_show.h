// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/eventlog_file.h"
#include "cli/io.h"

namespace assay {

/// `assay eventlog show FILE`: each event in plain words, and what the log says of the boot.  Exit
/// code 1 where it is malformed, edited or contradicts itself.
int run_eventlog_show(const LogFileOptions& options, Io io);

}  // namespace assay
