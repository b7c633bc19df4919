// SPDX-License-Identifier: Apache-2.0
#include "cli/eventlog_baseline.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "boots/baseline.h"
#include "cli/boot_log.h"
#include "host/file.h"

namespace assay {

namespace {

using Logs = std::vector<std::unique_ptr<BootLog>>;

bool all_have(const Logs& logs, HashAlgorithm bank) {
  return std::all_of(logs.begin(), logs.end(), [bank](const auto& log) {
    const auto& banks = log->log().algorithms;
    return std::find(banks.begin(), banks.end(), bank) != banks.end();
  });
}

/// The bank that was asked for, or the strongest that every log has.
Result<HashAlgorithm> bank_for(const Logs& logs, std::string_view wanted) {
  for (const ReplayedLog::Bank& bank : logs.front()->replayed().banks)
    if ((wanted.empty() || name_of(bank.algorithm) == wanted) && all_have(logs, bank.algorithm))
      return bank.algorithm;
  if (wanted.empty())
    return fail(Fault::malformed, "event logs", "they have no hash algorithm in common");
  return fail(Fault::malformed, "--bank", fmt::format("not every log has {}", wanted));
}

}  // namespace

int run_eventlog_baseline(const EventLogBaselineOptions& options, Io io) {
  for (const std::string& area : options.accept_any)
    if (!is_open_to_choice(area))
      return explain_start(
          io, {Fault::malformed, "--accept-any",
               fmt::format("\"{}\": want platform, secure_boot, applications, drivers, kernel or "
                           "instance",
                           area)});
  Logs logs;
  std::vector<const BootLog*> judged;
  for (const std::string& path : options.logs) {
    auto log = BootLog::read(path);
    if (!log) return explain(io, log.error());
    logs.push_back(std::move(*log));
    judged.push_back(logs.back().get());
  }
  if (!all_stand(judged)) return refuse(judged, RefusalForm::text, io);
  for (const auto& log : logs)
    if (log->log().layout == RegisterLayout::cc)
      return explain(io, {Fault::malformed, log->where(), std::string(kNotOfCcRegisters)});
  const auto bank = bank_for(logs, options.bank);
  if (!bank)
    return options.bank.empty() ? explain(io, bank.error()) : explain_start(io, bank.error());
  std::vector<MachineState> states;
  for (const auto& log : logs) {
    auto state = log->good_state(*bank);
    if (!state) return explain(io, state.error());
    states.push_back(std::move(*state));
  }
  std::vector<GoodBoot> boots;
  for (std::size_t i = 0; i < states.size(); ++i) boots.push_back({logs[i]->where(), &states[i]});
  const auto policy =
      write_baseline(boots, options.bank.empty() ? BaselineBank::strongest : BaselineBank::only,
                     options.accept_any);
  if (!policy) return explain(io, policy.error());
  if (options.output.empty()) {
    io.out << *policy;
    return kAccepted;
  }
  const auto written = write_file(options.output, as_bytes(*policy), FileAccess::everybody);
  return written ? kAccepted : explain(io, written.error());
}

}  // namespace assay
