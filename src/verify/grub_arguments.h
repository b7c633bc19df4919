// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

namespace assay {

// Arguments in GRUB's command log, and as GRUB passes them on.  It quotes them for the kernel, not
// for its log, so they are compared without quotes, with one space where there are several and none
// around them.  Letter by letter, because menus have long entries: nothing is copied.

/// Whether two texts are the same arguments.
bool are_same_arguments(std::string_view a, std::string_view b);

/// Whether a text is the last arguments of a command, at least one, with something before them.
bool are_last_arguments(std::string_view text, std::string_view command);

/// The arguments of a command, at least one, if `name` is its first word.
std::optional<std::string_view> arguments_of(std::string_view command, std::string_view name);

}  // namespace assay
