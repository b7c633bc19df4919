// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/io.h"

namespace assay {

/// `assay eventlog baseline LOG...`: a policy that good boots fulfil.
struct EventLogBaselineOptions {
  std::vector<std::string> logs;
  /// Whose digests to write, and whose quote alone to judge; empty for the strongest that all have.
  std::string bank;
  /// Areas to leave open, as a policy's accept_any names them.
  std::vector<std::string> accept_any;
  std::string output;  ///< empty for standard output
};

/// Refuses a log that contradicts itself: a baseline is only as good as the boots it is made of.
int run_eventlog_baseline(const EventLogBaselineOptions& options, Io io);

}  // namespace assay
