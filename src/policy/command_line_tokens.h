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

/// Whether the kernel is given `token`: it stands before "--", and no later parameter of that name
/// says something else.  A final * matches any rest: "lockdown=*".
bool sets(std::string_view line, std::string_view token);

/// Whether `token` is anywhere in the line, on either side of "--" and however it is quoted, as the
/// kernel or as systemd reads it.  A final * matches any rest: "init=*".
bool mentions(std::string_view line, std::string_view token);

}  // namespace assay
