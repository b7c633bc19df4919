// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace assay {

/// Whether `text` is well-formed UTF-8 (RFC 3629 section 4): no overlong form, no surrogate,
/// nothing above U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view text);

/// Whether every byte is below 0x80.
[[nodiscard]] bool is_ascii(std::string_view text);

}  // namespace assay
