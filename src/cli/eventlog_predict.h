// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/io.h"

namespace assay {

/// `assay eventlog predict LOG --set NAME=VALUE ...`: the PCRs of a boot that has not happened yet.
struct EventLogPredictOptions {
  std::string log;
  std::vector<std::string> set;  ///< "kernel=FILE"; kPredictSettings lists them
  std::string output;            ///< the log that the boot will write; empty for none
  bool json = false;
};

/// What --set takes, for the help text.
extern const char* const kPredictSettings;

/// Prints the registers that will change, in all banks; with `json` {"format","events","banks",
/// "changed":[N]}, where banks has all registers.
int run_eventlog_predict(const EventLogPredictOptions& options, Io io);

}  // namespace assay
