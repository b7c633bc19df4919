// SPDX-License-Identifier: Apache-2.0
#include "cli/eventlog_file.h"

#include "verify/printable.h"

#include <fmt/format.h>

namespace assay {

std::optional<LogKind> later_kind(Bytes log) {
  const auto kind = recognise_log(log);
  if (!kind || *kind == LogKind::crypto_agile || *kind == LogKind::sha1_legacy ||
      *kind == LogKind::ccel)
    return std::nullopt;
  return *kind;
}

ReportForm report_form(const LogFileOptions& options) {
  return options.json ? ReportForm::json : ReportForm::text;
}

void print_failures(const Verdict& verdict, Io io) {
  std::size_t passed = 0;
  for (const Check& check : verdict.checks()) {
    passed += check.verdict == CheckVerdict::pass ? 1 : 0;
    if (check.verdict != CheckVerdict::fail) continue;
    io.out << fmt::format("  FAIL  {}\n        expected  {}\n        got       {}\n", check.id,
                          check.expected, check.got);
    if (!check.hint.empty()) io.out << fmt::format("        hint      {}\n", check.hint);
  }
  io.out << fmt::format("  {} checks passed\n", passed);
}

json::object to_json(const EventLogFault& fault) {
  return {{"event", fault.event},
          {"offset", fault.offset},
          {"reason", printable(to_string(fault.error))}};
}

json::value format_json(const EventLog& log) {
  if (log.algorithms.empty()) return nullptr;
  return json::value(format_name(log));
}

}  // namespace assay
