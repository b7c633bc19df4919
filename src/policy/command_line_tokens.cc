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

bool sets(std::string_view line, std::string_view token) {
  const std::string wanted = normal(token);
  const bool open = wanted.ends_with('*');
  const std::string_view beginning =
      std::string_view(wanted).substr(0, wanted.size() - (open ? 1 : 0));
  const std::string_view name = beginning.substr(0, beginning.find('='));
  bool set = false;
  for (const std::string& t : command_line_tokens(line)) {
    if (t == normal("--")) break;  // the rest is for init
    if (std::string_view(t).substr(0, t.find('=')) != name) continue;
    set = open ? t.starts_with(beginning) : t == beginning;
  }
  return set;
}

bool mentions(std::string_view line, std::string_view token) {
  const std::string wanted = normal(token);
  const bool open = wanted.ends_with('*');
  const std::string_view beginning =
      std::string_view(wanted).substr(0, wanted.size() - (open ? 1 : 0));
  const auto is_it = [&](std::string text) {
    text = normal(text);
    return open ? text.starts_with(beginning) : text == beginning;
  };
  for (const std::string& t : command_line_tokens(line)) {
    std::string bare = t;
    std::erase_if(bare, [](char c) { return c == '\'' || c == '\\'; });
    if (is_it(t) || is_it(bare)) return true;
    // systemd ends a parameter at every blank that the kernel's quotes protect.
    for (const std::string& part : command_line_tokens(bare))
      if (is_it(part)) return true;
  }
  return false;
}

}  // namespace assay
