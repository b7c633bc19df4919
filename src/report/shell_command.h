// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace assay {

/// The words as a command line for a POSIX shell; words with bytes that are not printable ASCII in
/// $'...' (POSIX.1-2024, 2.2.4).
std::string shell_command(const std::vector<std::string>& words);

}  // namespace assay
