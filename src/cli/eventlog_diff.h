// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/io.h"

namespace assay {

/// `assay eventlog diff BEFORE AFTER`: what changed between two boots.
struct EventLogDiffOptions {
  std::string before, after;  ///< event logs
  bool json = false;
  bool exit_code = false;  ///< 1 where they differ, as diff does
};

/// Prints the changes by their likely causes; with `json`
/// {"differ":BOOL,"registers":[N],"kinds":["kernel"],"changes":[{"kind","register","before",
/// "after","words","data_trust"}],"causes":[{"kind","words","advice","registers"}]}.  A log that
/// contradicts itself is told first ("verdict" and "checks", as eventlog show has them), and
/// kRejected.
int run_eventlog_diff(const EventLogDiffOptions& options, Io io);

}  // namespace assay
