// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/eventlog_file.h"
#include "cli/io.h"

namespace assay {

/// `assay eventlog replay FILE`: the registers that the log leads to.  Exit code 1 where the log is
/// malformed; the values then are of the events before the fault.
int run_eventlog_replay(const LogFileOptions& options, Io io);

}  // namespace assay
