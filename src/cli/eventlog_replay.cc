// SPDX-License-Identifier: Apache-2.0
#include "cli/eventlog_replay.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/counted.h"
#include "base/hex.h"
#include "cli/eventlog_file.h"
#include "cli/later_log.h"
#include "host/file.h"
#include "verify/log_statement.h"
#include "verify/printable.h"
#include "verify/register_layout.h"
#include "verify/replayed_log.h"

namespace assay {

namespace {

/// The replay of a log in each of its banks, and what keeps it from being one.
struct FirmwareReplay {
  EventLogReading reading;
  std::optional<ReplayedLog> replayed;
  Verdict verdict;
};

/// A bank that the log declares and has no digest of holds nothing; one with holes is malformed.
void check_digests(const ReplayedLog& log, Verdict& verdict) {
  for (const ReplayedLog::Bank& bank : log.banks) {
    const bool used = std::any_of(bank.extends.begin(), bank.extends.end(),
                                  [](std::uint32_t count) { return count > 0; });
    std::string missing;
    for (const EventFault& f : log.faults)
      if (f.kind == EventFault::Kind::missing_digest && f.bank == bank.algorithm && missing.empty())
        missing = describe(*f.event);
    const std::string id = fmt::format("eventlog.digests.present/{}", name_of(bank.algorithm));
    if (!used && !missing.empty())
      verdict.absent(id, "declared, and of no event");
    else
      verdict.require(id, missing.empty(), "a digest of this bank in every measured event",
                      missing.empty() ? "all have one" : missing);
  }
}

FirmwareReplay replay_file(Bytes bytes) {
  FirmwareReplay out{read_event_log(bytes), {}, {}};
  check_format(out.reading, out.verdict);
  return out;
}

json::object replay_json(const FirmwareReplay& r) {
  json::object out{{"format", format_json(r.reading.log)},
                   {"events", r.reading.log.events.size()},
                   {"banks", r.replayed ? banks_json(*r.replayed) : json::object()}};
  if (r.verdict.accepted()) return out;
  if (r.reading.fault) out["fault"] = to_json(*r.reading.fault);
  out["verdict"] = "rejected";
  out["checks"] = to_json(r.verdict.checks());
  return out;
}

void print_replay(const FirmwareReplay& r, Io io) {
  if (r.replayed)
    for (const ReplayedLog::Bank& bank : r.replayed->banks) {
      io.out << name_of(bank.algorithm) << "\n";
      for (std::uint32_t i = 0; i < kPcrCount; ++i)
        if (has_value(*r.replayed, bank, i))
          io.out << fmt::format("  {:7} {}\n", register_name(i, r.reading.log.layout),
                                hex(bank.pcrs[i].bytes()));
    }
  if (r.verdict.accepted()) {
    io.out << fmt::format(
        "\n{}.  Not verified: no quote says that a TPM or TEE has these "
        "values.\n",
        counted(r.reading.log.events.size(), "event"));
  } else {
    io.out << (r.replayed ? "\nThe values are of the events before the fault.\n" : "");
    print_failures(r.verdict, io);
  }
}

/// The values stand, whatever the log says of them: they are no verdict of what it says.
void warn_of_contradictions(const FirmwareReplay& r, const std::string& file, Io io) {
  const Verdict said = read_statement(r.reading).verdict;
  for (const Check& check : said.checks())
    if (check.verdict == CheckVerdict::fail)
      io.err << fmt::format("assay: {}: the log contradicts itself: {}: {}\n", printable(file),
                            check.id, check.got);
}

}  // namespace

int run_eventlog_replay(const LogFileOptions& options, Io io) {
  const auto bytes = read_file(options.file, kMaxLogFile);
  if (!bytes) return explain(io, bytes.error());
  if (const auto kind = later_kind(*bytes))
    return replay_later_log(*kind, *bytes, report_form(options), io);
  FirmwareReplay r = replay_file(*bytes);
  if (!r.reading.log.algorithms.empty()) {
    check_digests(r.replayed.emplace(replay(r.reading.log, r.reading.log.algorithms)), r.verdict);
  }
  if (options.json)
    io.out << pretty_json(replay_json(r));
  else
    print_replay(r, io);
  if (r.verdict.accepted()) warn_of_contradictions(r, options.file.string(), io);
  return r.verdict.accepted() ? kAccepted : kRejected;
}

}  // namespace assay
