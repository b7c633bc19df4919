// SPDX-License-Identifier: Apache-2.0
#include "policy/expression/error.h"

#include <fmt/format.h>

#include <algorithm>

namespace assay {

namespace {

constexpr std::size_t kShownBefore = 60;
constexpr std::size_t kShownAfter = 40;

bool continues_code_point(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

std::size_t code_points(std::string_view text) {
  return text.size() -
         static_cast<std::size_t>(std::count_if(text.begin(), text.end(), continues_code_point));
}

}  // namespace

CelPosition cel_position(std::string_view source, std::size_t offset) {
  const std::string_view before = source.substr(0, offset);
  const auto newline = before.rfind('\n');
  const auto lines = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
  const std::string_view line =
      newline == std::string_view::npos ? before : before.substr(newline + 1);
  return {lines + 1, code_points(line) + 1};
}

std::string describe(std::string_view source, const CelError& error) {
  const std::size_t offset = std::min(error.offset, source.size());
  const CelPosition at = cel_position(source, offset);
  const auto newline = source.substr(0, offset).rfind('\n');
  std::size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
  std::size_t end = std::min(source.find('\n', offset), source.size());
  if (offset - begin > kShownBefore) {
    begin = offset - kShownBefore;
    while (begin < offset && continues_code_point(source[begin])) ++begin;
  }
  if (end - offset > kShownAfter) {
    end = offset + kShownAfter;
    while (end < source.size() && continues_code_point(source[end])) ++end;
  }
  std::string shown(source.substr(begin, end - begin));
  std::replace(shown.begin(), shown.end(), '\t', ' ');
  std::erase(shown, '\r');
  return fmt::format("{}:{}: {}\n  {}\n  {:>{}}", at.line, at.column, error.why, shown, "^",
                     code_points(source.substr(begin, offset - begin)) + 1);
}

}  // namespace assay
