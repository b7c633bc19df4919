// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/io.h"

namespace assay {

/// `assay eventlog export LOG... --format FORMAT`: good boots as reference values of another tool.
struct EventLogExportOptions {
  std::vector<std::string> logs;
  std::string format;  ///< "pcrlock", "keylime"
  std::string output;  ///< a directory for pcrlock; a file for keylime, empty for standard output
};

/// Refuses a log that contradicts itself, as `assay eventlog baseline` does.
int run_eventlog_export(const EventLogExportOptions& options, Io io);

}  // namespace assay
