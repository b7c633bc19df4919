// SPDX-License-Identifier: Apache-2.0
#include "report/shell_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string_view>

#include "verify/printable.h"

namespace assay {

namespace {

bool needs_no_quotes(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         std::string_view("_@%+=:,./-").find(c) != std::string_view::npos;
}

/// Octal, of three digits always: a digit after it cannot become a part of it.
std::string with_escapes(std::string_view word) {
  std::string out = "$'";
  for (const char c : word) {
    if (c == '\'' || c == '\\')
      out += fmt::format("\\{}", c);
    else if (is_printable({&c, 1}))
      out.push_back(c);
    else
      out += fmt::format("\\{:03o}", static_cast<unsigned char>(c));
  }
  return out + "'";
}

std::string in_quotes(std::string_view word) {
  if (!word.empty() && std::all_of(word.begin(), word.end(), needs_no_quotes))
    return std::string(word);
  if (!is_printable(word)) return with_escapes(word);
  std::string out = "'";
  for (const char c : word) {
    if (c == '\'')
      out += "'\\''";
    else
      out.push_back(c);
  }
  return out + "'";
}

}  // namespace

std::string shell_command(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words)
    out += fmt::format("{}{}", out.empty() ? "" : " ", in_quotes(word));
  return out;
}

}  // namespace assay
