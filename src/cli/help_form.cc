// SPDX-License-Identifier: Apache-2.0
#include "cli/help_form.h"

#include <fmt/format.h>

#include <string_view>

namespace assay {

namespace {

constexpr std::size_t kLeft = 26;
constexpr std::size_t kWidth = 80;

/// `name` on the left; `words` on the right, broken at blanks.
std::string row(const std::string& name, std::string_view words) {
  std::string out = fmt::format("  {}", name);
  std::size_t column = out.size();
  if (column + 2 > kLeft && !words.empty()) {
    out += '\n';
    column = 0;
  }
  std::size_t indent = kLeft - column;
  while (!words.empty()) {
    constexpr std::size_t kRoom = kWidth - kLeft;
    std::size_t end = words.size();
    if (end > kRoom) {
      end = words.rfind(' ', kRoom);
      if (end == std::string_view::npos) end = std::min(words.find(' '), words.size());
    }
    const std::string_view line = words.substr(0, end);
    out.append(indent, ' ').append(line.substr(0, line.find_last_not_of(' ') + 1)) += '\n';
    words.remove_prefix(std::min(words.find_first_not_of(' ', end), words.size()));
    indent = kLeft;
  }
  if (out.back() != '\n') out += '\n';
  return out;
}

/// What the option takes: "FILE", with "..." where it can be given more than once.
std::string taken(const CLI::Option* option) {
  if (option->get_type_size() == 0) return {};
  const bool several = option->get_expected_max() == CLI::detail::expected_max_vector_size;
  return fmt::format(" {}{}", option->get_type_name(), several ? " ..." : "");
}

}  // namespace

std::string HelpForm::make_option(const CLI::Option* option, bool is_positional) const {
  std::string words = option->get_description();
  if (!option->get_default_str().empty()) words += " (default " + option->get_default_str() + ")";
  for (const CLI::Option* other : option->get_excludes())
    words += fmt::format("; not with {}", other->get_name());
  if (is_positional) return row(make_option_usage(option), words);
  if (option->get_required()) words += " (required)";
  return row(option->get_name(false, true) + taken(option), words);
}

std::string HelpForm::make_subcommand(const CLI::App* command) const {
  return row(command->get_name(), command->get_description());
}

}  // namespace assay
