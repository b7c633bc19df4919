// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/job.h"

namespace assay {

/// Adds `assay eventlog` with its subcommands.
void add_eventlog(CLI::App& app, Job& job);

}  // namespace assay
