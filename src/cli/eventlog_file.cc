// SPDX-License-Identifier: Apache-2.0
#include "cli/eventlog_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/counted.h"
#include "base/hex.h"
#include "verify/printable.h"

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

void print_event_head(Io io) {
  io.out << "  event  offset  register  data          what it says\n";
}

void print_data_legend(Io io) {
  io.out << "\n  measured      the digest is of exactly these bytes\n"
            "  partly        of a part of them: the text without its label, or the value alone\n"
            "  described     of something else (an image, a file): the words are the log's alone\n"
            "  not measured  of nothing: no register holds it\n"
            "  MISMATCH      of something else, where it must be of these bytes: edited\n";
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
  io.out << fmt::format("  {} passed\n", counted(passed, "check"));
}

json::object to_json(const EventLogFault& fault) {
  return {{"event", fault.event},
          {"offset", fault.offset},
          {"reason", printable(to_string(fault.error))}};
}

bool has_value(const ReplayedLog& replayed, const ReplayedLog::Bank& bank, std::uint32_t index) {
  return bank.extends[index] > 0 &&
         std::none_of(replayed.faults.begin(), replayed.faults.end(), [&](const EventFault& f) {
           return f.kind == EventFault::Kind::missing_digest && f.bank == bank.algorithm &&
                  f.event->pcr == index;
         });
}

json::object banks_json(const ReplayedLog& replayed) {
  json::object out;
  for (const ReplayedLog::Bank& bank : replayed.banks) {
    json::object values;
    for (std::uint32_t i = 0; i < kPcrCount; ++i)
      if (has_value(replayed, bank, i)) values[std::to_string(i)] = hex(bank.pcrs[i].bytes());
    out[name_of(bank.algorithm)] = std::move(values);
  }
  return out;
}

json::value format_json(const EventLog& log) {
  if (log.algorithms.empty()) return nullptr;
  return json::value(format_name(log));
}

}  // namespace assay
