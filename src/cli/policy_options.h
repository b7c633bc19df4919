// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/job.h"

namespace assay {

/// Adds `assay policy` with its subcommands.
void add_policy(CLI::App& app, Job& job);

}  // namespace assay
