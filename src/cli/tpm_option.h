// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "collect/tpm.h"

namespace assay {

/// The TPM that `--tcti` (for the TCTI loader) or `--tpm-path` (a device or socket) names; with
/// neither, /dev/tpmrm0.  `tcti` wins.
Result<Tpm> open_tpm(const std::string& tcti, const std::filesystem::path& tpm_path);

}  // namespace assay
