// SPDX-License-Identifier: Apache-2.0
#include "verify/grub_arguments.h"

#include <algorithm>

namespace assay {

namespace {

constexpr bool is_quote(char c) { return c == '"' || c == '\'' || c == '\\'; }
constexpr bool is_blank(char c) { return c == ' ' || is_quote(c); }

std::string_view without_blanks_behind(std::string_view text) {
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view without_blanks_before(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  return text;
}

std::string_view trimmed(std::string_view text) {
  return without_blanks_before(without_blanks_behind(text));
}

/// Takes off the last letter, or the space between two words.  Of a trimmed text that is not empty;
/// it stays one.
char take_last(std::string_view& text) {
  while (is_quote(text.back())) text.remove_suffix(1);
  const char letter = text.back();
  text = letter == ' ' ? without_blanks_behind(text) : text.substr(0, text.size() - 1);
  return letter;
}

/// What two texts have alike at their ends, by whole blocks as far as those go, from a letter on.
std::size_t shared_end(std::string_view a, std::string_view b) {
  constexpr std::size_t kBlock = 32;
  const auto block = [](std::string_view text, std::size_t behind) {
    return text.substr(text.size() - behind - kBlock, kBlock);
  };
  std::size_t size = 0;
  while (size + kBlock <= std::min(a.size(), b.size()) && block(a, size) == block(b, size))
    size += kBlock;
  while (size > 0 && is_blank(a[a.size() - size])) --size;
  return size;
}

/// Takes `a` off the end of `b`; false if `b` ends with something else.  From behind, because the
/// entries of a menu begin alike, and end with their disk.
bool take_off(std::string_view a, std::string_view& b) {
  while (!a.empty()) {
    const std::size_t shared = shared_end(a, b);
    a.remove_suffix(shared), b.remove_suffix(shared);
    if (!a.empty() && (b.empty() || take_last(a) != take_last(b))) return false;
  }
  return true;
}

}  // namespace

bool are_same_arguments(std::string_view a, std::string_view b) {
  b = trimmed(b);
  return take_off(trimmed(a), b) && b.empty();
}

bool are_last_arguments(std::string_view text, std::string_view command) {
  text = trimmed(text);
  command = trimmed(command);
  return !text.empty() && take_off(text, command) && !command.empty() && take_last(command) == ' ';
}

std::optional<std::string_view> arguments_of(std::string_view command, std::string_view name) {
  const auto without_quotes = [](std::string_view text) {
    while (!text.empty() && is_quote(text.front())) text.remove_prefix(1);
    return text;
  };
  std::string_view rest = without_blanks_before(command);
  for (const char letter : name) {
    if (rest.empty() || rest.front() != letter) return std::nullopt;
    rest = without_quotes(rest.substr(1));
  }
  if (rest.empty() || rest.front() != ' ') return std::nullopt;
  rest = without_blanks_before(rest);
  return rest.empty() ? std::nullopt : std::optional(rest);
}

}  // namespace assay
