// SPDX-License-Identifier: Apache-2.0
#include "policy/sbat.h"

#include <charconv>

namespace assay {

std::optional<std::map<std::string, std::uint32_t>> sbat_levels(std::string_view text) {
  std::map<std::string, std::uint32_t> out;
  while (!text.empty()) {
    const auto newline = text.find('\n');
    const std::string_view line = text.substr(0, newline);
    text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
    if (line.empty()) continue;
    const auto comma = line.find(',');
    if (comma == std::string_view::npos || comma == 0) return std::nullopt;
    const std::string_view generation =
        line.substr(comma + 1, line.find(',', comma + 1) - comma - 1);
    std::uint32_t number = 0;
    const char* const begin = line.data() + comma + 1;
    const char* const end = begin + generation.size();
    const auto [stopped, error] = std::from_chars(begin, end, number);
    if (error != std::errc() || stopped != end || generation.empty()) return std::nullopt;
    if (!out.emplace(line.substr(0, comma), number).second) return std::nullopt;
  }
  return out;
}

}  // namespace assay
