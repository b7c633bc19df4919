// SPDX-License-Identifier: Apache-2.0
#include "cli/eventlog_show.h"

#include <fmt/format.h>

#include "base/counted.h"
#include "base/hex.h"
#include "cli/eventlog_boot.h"
#include "cli/eventlog_file.h"
#include "cli/later_log.h"
#include "host/file.h"
#include "verify/event_words.h"
#include "verify/log_statement.h"
#include "verify/register_layout.h"

namespace assay {

namespace {

json::object event_json(const JudgedEvent& judged) {
  const Event& event = *judged.event;
  json::object digests;
  for (std::size_t i = 0; i < event.digest_count; ++i)
    digests[name_of(event.digests[i].algorithm)] = hex(event.digests[i].bytes);
  return {{"number", event.number},
          {"offset", event.offset},
          {"register", event.pcr},
          {"type", name_of(event.type)},
          {"digests", std::move(digests)},
          {"data_size", event.data.size()},
          {"data_trust", trust_words(judged.trust)},
          {"says", event_words(judged)}};
}

json::object show_json(const EventLogReading& reading, const LogStatement& statement) {
  json::array events;
  for (const JudgedEvent& e : statement.replayed.events) events.push_back(event_json(e));
  json::object out{{"format", format_json(reading.log)},
                   {"events", std::move(events)},
                   {"state", state_json(statement, reading.log)},
                   {"verified", false},
                   {"note", kNotVerified},
                   {"verdict", statement.verdict.accepted() ? "accepted" : "rejected"},
                   {"checks", to_json(statement.verdict.checks())}};
  if (reading.fault) out["fault"] = to_json(*reading.fault);
  return out;
}

/// SGR parameters (ECMA-48 section 8.3.117) of an event's line.
std::string_view colour_of(DataTrust trust) {
  switch (trust) {
    case DataTrust::whole:
    case DataTrust::part:
      return "32";
    case DataTrust::elsewhere:
      return "33";
    case DataTrust::unmeasured:
      return "2";
    case DataTrust::mismatch:
      return "1;31";
  }
  return "0";
}

void print_events(const LogStatement& statement, Io io) {
  constexpr std::size_t kWidest = 110;
  print_event_head(io);
  for (const JudgedEvent& e : statement.replayed.events) {
    std::string words = event_words(e);
    if (words.size() > kWidest) words = words.substr(0, kWidest) + "...";
    std::string trust = fmt::format("{:12}", trust_words(e.trust));
    if (io.colour) trust = fmt::format("\x1b[{}m{}\x1b[0m", colour_of(e.trust), trust);
    const std::string name =
        e.event->pcr == Event::kNoPcr ? "none" : register_name(e.event->pcr, e.event->layout);
    io.out << fmt::format("  {:5}  {:6}  {:8}  {}  {}\n", e.event->number, e.event->offset, name,
                          trust, words);
  }
}

void print_statement(const EventLogReading& reading, const LogStatement& statement, Io io) {
  io.out << fmt::format("{} log of {}, {}\n",
                        reading.log.algorithms.empty() ? "unreadable" : format_name(reading.log),
                        reading.log.layout == RegisterLayout::tpm ? "a TPM" : "CC registers",
                        counted(reading.log.events.size(), "event"));
  if (!statement.replayed.events.empty()) {
    io.out << "\n";
    print_events(statement, io);
    print_data_legend(io);
  }
  if (reading.fault)
    io.out << fmt::format("\nThe log is malformed: record {} at offset {} cannot be read.\n",
                          reading.fault->event, reading.fault->offset);
  io.out << "\nWhat the log says of the boot (" << kNotVerified << ")\n";
  print_boot(statement, reading.log, io);
  io.out << "\n";
  print_failures(statement.verdict, io);
}

}  // namespace

int run_eventlog_show(const LogFileOptions& options, Io io) {
  const auto bytes = read_file(options.file, kMaxLogFile);
  if (!bytes) return explain(io, bytes.error());
  if (const auto kind = later_kind(*bytes))
    return show_later_log(*kind, *bytes, report_form(options), io);
  const EventLogReading reading = read_event_log(*bytes);
  const LogStatement statement = read_statement(reading);
  if (options.json)
    io.out << pretty_json(show_json(reading, statement));
  else
    print_statement(reading, statement, io);
  return statement.verdict.accepted() ? kAccepted : kRejected;
}

}  // namespace assay
