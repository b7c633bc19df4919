// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/App.hpp>

#include "cli/job.h"

namespace assay {

/// `assay tpm`: keys of a TPM, and their enrolment.
void add_tpm(CLI::App& app, Job& job);

}  // namespace assay
