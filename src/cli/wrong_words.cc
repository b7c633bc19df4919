// SPDX-License-Identifier: Apache-2.0
#include "cli/wrong_words.h"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/nearest_name.h"
#include "verify/printable.h"

namespace assay {

namespace {

/// The command that the words came to, and its name as it was called.
struct Reached {
  const CLI::App* command;
  std::string name;
};

Reached reached(const CLI::App& app) {
  Reached out{&app, app.get_name()};
  while (!out.command->get_subcommands().empty()) {
    out.command = out.command->get_subcommands().front();
    out.name += " " + out.command->get_name();
  }
  return out;
}

/// "--input", "--help", ...: what an option of the command may be called.
std::vector<std::string> options_of(const CLI::App& command) {
  std::vector<std::string> out;
  for (const CLI::Option* option : command.get_options())
    for (const std::string& name : option->get_lnames())
      if (!option->get_group().empty()) out.push_back("--" + name);
  return out;
}

std::vector<std::string> commands_of(const CLI::App& command) {
  std::vector<std::string> out;
  for (const CLI::App* sub : command.get_subcommands({})) out.push_back(sub->get_name());
  return out;
}

/// "; did you mean NAME?", where one is near.
std::string guess(std::string_view word, const std::vector<std::string>& names) {
  const std::vector<std::string_view> views(names.begin(), names.end());
  const auto near = nearest_name(word.substr(0, word.find('=')), views);
  return near ? fmt::format("; did you mean {}?", *near) : "";
}

/// "--nonce: 1 required HEX missing" counts the one value that there can be.
std::string without_count(std::string words) {
  constexpr std::string_view kCount = ": 1 required ";
  if (const auto at = words.find(kCount); at != std::string::npos)
    words.replace(at, kCount.size(), ": ");
  return words;
}

std::string about_word(const Reached& at, const std::string& word) {
  if (word.starts_with("-") && word != "-")
    return fmt::format("no such option: {}{}", word, guess(word, options_of(*at.command)));
  if (at.command->get_require_subcommand_min() > 0)
    return fmt::format("no such command: {}{}", word, guess(word, commands_of(*at.command)));
  return fmt::format("one argument too many: {}", word);
}

}  // namespace

int answer_wrong_words(const CLI::App& app, const CLI::ParseError& error, Io io) {
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
    app.exit(error, io.out, io.err);
    return kAccepted;
  }
  const Reached at = reached(app);
  const std::vector<std::string> unknown = at.command->remaining();
  if (unknown.empty() && at.command->get_require_subcommand_min() > 0) {
    io.err << app.help();  // of the command that was reached
    return kUsage;
  }
  const std::string why =
      unknown.empty() ? without_count(error.what()) : about_word(at, unknown.front());
  io.err << fmt::format("{}: {} (`{} --help` tells more)\n", at.name, printable(why), at.name);
  return kUsage;
}

}  // namespace assay
