// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/io.h"

namespace assay {

/// `assay eventlog explain LOG`: why a log does not fit the PCRs, or why the PCRs are not those of
/// a good boot.
struct EventLogExplainOptions {
  std::string log;
  std::string pcrs;  ///< what the TPM holds: tpm2_pcrread's output, or JSON; empty for none
  std::string good;  ///< the log of a good boot; empty for none
  bool json = false;
};

/// 0 where everything fits, 1 where something does not.
int run_eventlog_explain(const EventLogExplainOptions& options, Io io);

}  // namespace assay
