// SPDX-License-Identifier: Apache-2.0
#include "verify/printable.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace assay {

namespace {
bool is_plain(char c) { return c >= 0x20 && c < 0x7F; }
}  // namespace

bool is_printable(std::string_view text) {
  // Block by block without a way out in between, so that a block is a few vector instructions.
  constexpr std::size_t kBlock = 16;
  for (; text.size() >= kBlock; text.remove_prefix(kBlock)) {
    std::uint8_t odd = 0;
    for (std::size_t i = 0; i < kBlock; ++i) odd |= static_cast<std::uint8_t>(!is_plain(text[i]));
    if (odd != 0) return false;
  }
  return std::all_of(text.begin(), text.end(), is_plain);
}

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
