// SPDX-License-Identifier: Apache-2.0
#include "verify/printable.h"

#include <fmt/format.h>

#include <algorithm>

namespace assay {

namespace {
bool is_plain(char c) { return c >= 0x20 && c < 0x7F; }
}  // namespace

bool is_printable(std::string_view text) { return std::all_of(text.begin(), text.end(), is_plain); }

std::string printable(std::string_view text) {
  if (is_printable(text)) return std::string(text);
  std::string out;
  for (const char c : text) {
    if (is_plain(c))
      out.push_back(c);
    else
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  }
  return out;
}

}  // namespace assay
