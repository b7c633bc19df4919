// SPDX-License-Identifier: Apache-2.0
#include "cli/boot_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "cli/eventlog_file.h"
#include "host/file.h"
#include "verify/printable.h"

namespace assay {

namespace {

std::string_view words_of(LogKind kind) {
  switch (kind) {
    case LogKind::ima_binary:
    case LogKind::ima_ascii:
      return "an IMA list";
    case LogKind::cel_tlv:
    case LogKind::cel_json:
    case LogKind::cel_cbor:
      return "a canonical event log (CEL)";
    case LogKind::systemd:
      return "systemd's log";
    case LogKind::crypto_agile:
    case LogKind::sha1_legacy:
    case LogKind::ccel:
      break;
  }
  return "a firmware's log";
}

/// It tells of a running system: nothing of a boot is in it.
void check_kind(LogKind kind, Verdict& verdict) {
  verdict.require("eventlog.log.format", false, "a TCG event log, of the firmware",
                  fmt::format("this is {} ({})", words_of(kind), name_of(kind)),
                  "give the boot's log, /sys/kernel/security/tpm0/binary_bios_measurements; "
                  "`assay eventlog show` reads this one");
}

}  // namespace

Result<std::unique_ptr<BootLog>> BootLog::read(const std::string& path) {
  auto bytes = read_file(path, kMaxLogFile);
  if (!bytes) return pass_on(bytes);
  return of(path, std::move(*bytes));
}

std::unique_ptr<BootLog> BootLog::of(std::string where, Buffer bytes) {
  std::unique_ptr<BootLog> out(new BootLog(std::move(where), std::move(bytes)));
  if (const auto kind = later_kind(out->bytes_)) {
    check_kind(*kind, out->statement_.verdict);
    return out;
  }
  out->reading_ = read_event_log(out->bytes_);
  out->statement_ = read_statement(out->reading_);
  out->is_whole_ = !out->reading_.fault && !out->reading_.log.algorithms.empty();
  return out;
}

Result<MachineState> BootLog::good_state(HashAlgorithm bank) const {
  const ReplayedLog replayed = replay(log(), {&bank, 1});
  Verdict verdict;
  check_events(replayed, verdict);
  MachineState state = read_machine_state(replayed, verdict);
  if (const Check* failure = verdict.first_failure())
    return fail(Fault::untrusted, where_,
                fmt::format("not a good boot: {}: {}", failure->id, failure->got));
  return state;
}

bool all_stand(BootLogs logs) {
  return std::all_of(logs.begin(), logs.end(),
                     [](const BootLog* log) { return log->verdict().accepted(); });
}

void print_contradictions(BootLogs logs, Io io) {
  for (const BootLog* log : logs) {
    if (log->verdict().accepted()) continue;
    io.out << fmt::format("{} {}:\n", printable(log->where()),
                          log->is_whole()
                              ? "contradicts itself: what it says is not what was measured"
                              : "cannot be read as the log of a boot");
    print_failures(log->verdict(), io);
  }
}

json::object contradictions_json(BootLogs logs) {
  json::array checks;
  for (const BootLog* log : logs) {
    if (log->verdict().accepted()) continue;
    for (json::value& value : to_json(log->verdict().checks())) {
      json::object check{{"log", printable(log->where())}};
      for (auto& [name, member] : value.as_object()) check[name] = std::move(member);
      checks.push_back(std::move(check));
    }
  }
  return {{"verdict", "rejected"}, {"checks", std::move(checks)}};
}

int refuse(BootLogs logs, RefusalForm form, Io io) {
  if (form == RefusalForm::json)
    io.out << pretty_json(contradictions_json(logs));
  else
    print_contradictions(logs, Io{io.err, io.err});
  return kRejected;
}

int refuse(const Error& error, RefusalForm form, Io io) {
  if (form == RefusalForm::json)
    io.out << pretty_json(json::object{{"verdict", "rejected"},
                                       {"checks", json::array()},
                                       {"error", printable(to_string(error))}});
  return explain(io, error);
}

}  // namespace assay
