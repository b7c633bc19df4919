// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace assay {

/// The parameters of a kernel command line as the kernel takes them: separated by blanks outside
/// double quotes, quotes removed, and `-` in a parameter's name as `_`
/// (Documentation/admin-guide/kernel-parameters.rst).
std::vector<std::string> command_line_tokens(std::string_view line);

/// Whether a parameter equals `token`; a final * matches any rest: "init=*".
bool has_token(std::string_view line, std::string_view token);

}  // namespace assay
