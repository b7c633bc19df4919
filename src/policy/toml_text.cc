// SPDX-License-Identifier: Apache-2.0
#include "policy/toml_text.h"

#include <algorithm>

#include "base/utf8.h"

namespace assay {

bool is_toml_text(std::string_view text) {
  const bool control = std::any_of(text.begin(), text.end(), [](char c) {
    return (c >= 0 && c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F;
  });
  return !control && is_utf8(text);
}

}  // namespace assay
