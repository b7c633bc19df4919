// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

#include "verify/measured_data.h"

namespace assay {

/// Where the kernel's arguments begin in a text of GRUB's: behind the command, if it is one, and
/// the path of the kernel's image, with the space that follows.  The text's size where there are
/// none.
std::size_t kernel_arguments_at(std::string_view text, GrubText kind);

}  // namespace assay
