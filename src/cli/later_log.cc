// SPDX-License-Identifier: Apache-2.0
#include "cli/later_log.h"

#include <fmt/format.h>

#include <utility>

#include "base/counted.h"
#include "cli/log_story.h"
#include "verify/log_report.h"

namespace assay {
namespace {

int exit_code_of(const Verdict& verdict) { return verdict.accepted() ? kAccepted : kRejected; }

/// What every log's state has: these logs say nothing about the firmware.
json::object firmware_unknown() {
  const auto database = [] {
    return json::object{{"x509", json::array()}, {"sha256", json::array()}};
  };
  return {{"secure_boot", json::object{{"enabled", nullptr},
                                       {"pk", database()},
                                       {"kek", database()},
                                       {"db", database()},
                                       {"dbx", database()},
                                       {"authorities", json::array()}}},
          {"kernel_command_line", nullptr},
          {"efi_applications", json::array()}};
}

void print_json(json::object report, const Verdict& verdict, Io io) {
  if (!verdict.accepted()) report["checks"] = to_json(verdict.checks());
  io.out << pretty_json(report);
}

void warn_of_failures(const Verdict& verdict, Io io) {
  for (const Check& c : verdict.checks())
    if (c.verdict == CheckVerdict::fail)
      io.err << fmt::format("assay: {}: expected {}, got {}\n  {}\n", c.id, c.expected, c.got,
                            c.hint);
}

}  // namespace

int show_later_log(LogKind kind, Bytes log, ReportForm form, Io io) {
  LogStory story = show_log(kind, log);
  if (form == ReportForm::json) {
    json::object state = firmware_unknown();
    for (auto& [key, value] : story.state) state[key] = std::move(value);
    print_json({{"format", name_of(kind)},
                {"events", std::move(story.events)},
                {"state", std::move(state)}},
               story.verdict, io);
    return exit_code_of(story.verdict);
  }
  print_story(kind, story, io);
  return exit_code_of(story.verdict);
}

int replay_later_log(LogKind kind, Bytes log, ReportForm form, Io io) {
  LogReplay replay = replay_log(kind, log);
  if (form == ReportForm::json) {
    print_json(
        {{"format", name_of(kind)}, {"events", replay.events}, {"banks", std::move(replay.banks)}},
        replay.verdict, io);
    return exit_code_of(replay.verdict);
  }
  io.out << fmt::format("{}, {}\n", name_of(kind), counted(replay.events, "event"));
  for (const auto& [bank, values] : replay.banks)
    for (const auto& [index, value] : values.as_object())
      io.out << fmt::format("{:<8} {:>3}  {}\n", std::string_view(bank), std::string_view(index),
                            std::string_view(value.get_string()));
  warn_of_failures(replay.verdict, io);
  return exit_code_of(replay.verdict);
}

}  // namespace assay
