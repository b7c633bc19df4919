// SPDX-License-Identifier: Apache-2.0
#include "policy/command_line_tokens.h"

#include <algorithm>

namespace assay {

namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
}

/// The same parameter, however its name and quotes are spelt.
std::string normal(std::string_view token) {
  std::string out(token);
  std::erase(out, '"');
  const auto name_end = std::min(out.find('='), out.size());
  std::replace(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(name_end), '-', '_');
  return out;
}

}  // namespace

std::vector<std::string> command_line_tokens(std::string_view line) {
  std::vector<std::string> out;
  std::string token;
  bool quoted = false, any = false;
  const auto end_token = [&] {
    if (any) out.push_back(normal(token));
    token.clear();
    any = false;
  };
  for (const char c : line) {
    if (is_blank(c) && !quoted) {
      end_token();
      continue;
    }
    if (c == '"') quoted = !quoted;
    token += c;
    any = true;
  }
  end_token();
  return out;
}

bool has_token(std::string_view line, std::string_view token) {
  const std::string wanted = normal(token);
  const bool open = wanted.ends_with('*');
  const std::string_view beginning =
      std::string_view(wanted).substr(0, wanted.size() - (open ? 1 : 0));
  const auto tokens = command_line_tokens(line);
  return std::any_of(tokens.begin(), tokens.end(), [&](const std::string& t) {
    return open ? t.starts_with(beginning) : t == beginning;
  });
}

}  // namespace assay
