// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace assay {

/// Which of `names` was probably meant by a name that is none of them, for "did you mean"; nothing
/// where none is near.
std::optional<std::string_view> nearest_name(std::string_view wrong,
                                             std::span<const std::string_view> names);

}  // namespace assay
