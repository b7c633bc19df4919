// SPDX-License-Identifier: Apache-2.0
#include "cli/boot_log.h"

#include <fmt/format.h>

#include "host/file.h"

namespace assay {

namespace {

constexpr std::size_t kMaxLog = 4 * 1024 * 1024;

}  // namespace

Result<std::unique_ptr<BootLog>> BootLog::read(const std::string& path) {
  auto bytes = read_file(path, kMaxLog);
  if (!bytes) return pass_on(bytes);
  return of(path, std::move(*bytes));
}

Result<std::unique_ptr<BootLog>> BootLog::of(std::string where, Buffer bytes) {
  std::unique_ptr<BootLog> out(new BootLog(std::move(where), std::move(bytes)));
  EventLogReading reading = read_event_log(out->bytes_);
  if (reading.fault)
    return fail(reading.fault->error.fault, out->where_, to_string(reading.fault->error));
  out->log_ = std::move(reading.log);
  if (out->log_.algorithms.empty())
    return fail(Fault::malformed, out->where_, "the log has no hash algorithm that is known");
  out->replayed_ = replay(out->log_, banks_of(out->log_));
  return out;
}

Result<MachineState> BootLog::good_state(HashAlgorithm bank) const {
  const ReplayedLog replayed = replay(log_, {&bank, 1});
  Verdict verdict;
  check_events(replayed, verdict);
  MachineState state = read_machine_state(replayed, verdict);
  if (const Check* failure = verdict.first_failure())
    return fail(Fault::untrusted, where_,
                fmt::format("not a good boot: {}: {}", failure->id, failure->got));
  return state;
}

}  // namespace assay
