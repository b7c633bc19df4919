// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace assay {

/// "A TOML file must be a valid UTF-8 encoded Unicode document" without control characters but tab
/// and line ends (TOML 1.0.0).  toml++ aborts on some that break this, so it must never see them.
bool is_toml_text(std::string_view text);

/// Why a text that is none is refused.
inline constexpr std::string_view kNoTomlText =
    "is not TOML: it has bytes that are not UTF-8, or control characters";

}  // namespace assay
