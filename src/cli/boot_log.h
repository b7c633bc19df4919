// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "cli/io.h"
#include "verify/log_statement.h"
#include "verify/machine_state.h"
#include "verify/replayed_log.h"

namespace assay {

/// A measured-boot log out of a file, replayed in all of its banks, with what `eventlog show` holds
/// it against, and everything that borrows from it in one place.
class BootLog {
 public:
  /// "-" is standard input.  Fails where there is no file to read; what is in it, verdict() judges.
  static Result<std::unique_ptr<BootLog>> read(const std::string& path);
  /// Of bytes in memory; `where` names them.
  static std::unique_ptr<BootLog> of(std::string where, Buffer bytes);

  BootLog(const BootLog&) = delete;
  BootLog& operator=(const BootLog&) = delete;

  [[nodiscard]] const std::string& where() const { return where_; }
  /// What is malformed in it, edited or contradicts itself: the checks of `eventlog show`.
  [[nodiscard]] const Verdict& verdict() const { return statement_.verdict; }
  /// Whether it is a firmware's log from its first event to its last.
  [[nodiscard]] bool is_whole() const { return is_whole_; }
  [[nodiscard]] const EventLog& log() const { return reading_.log; }
  [[nodiscard]] const ReplayedLog& replayed() const { return statement_.replayed; }
  /// What the log says of its machine in one of its banks, if it can be believed: Fault::untrusted
  /// names the check that a boot to learn from must not fail.
  [[nodiscard]] Result<MachineState> good_state(HashAlgorithm bank) const;

 private:
  BootLog(std::string where, Buffer bytes) : where_(std::move(where)), bytes_(std::move(bytes)) {}

  std::string where_;
  Buffer bytes_;
  EventLogReading reading_;
  LogStatement statement_;
  bool is_whole_ = false;
};

/// Why a log of CC registers is not predicted, and no policy is made of it.
inline constexpr std::string_view kNotOfCcRegisters =
    "the log is of CC registers (RTMR0 to RTMR3), and this command knows the PCRs of TPMs alone: "
    "`assay eventlog show`, `replay`, `diff` and `explain` read such logs";

using BootLogs = std::span<const BootLog* const>;

/// Whether each of them passes its checks.
bool all_stand(BootLogs logs);
/// Prints to io.out which checks each log failed; nothing of one that failed none.
void print_contradictions(BootLogs logs, Io io);
/// {"verdict":"rejected","checks":[{"log",...}]}: all checks of the logs that failed one.
json::object contradictions_json(BootLogs logs);
/// Refuses them: print_contradictions() on io.err, with `json` the object on io.out.  kRejected.
enum class RefusalForm { text, json };
int refuse(BootLogs logs, RefusalForm form, Io io);
/// The same where what they say stands, and the command is not for such logs: explain(), with
/// `json`
/// {"verdict":"rejected","checks":[],"error"} on io.out.
int refuse(const Error& error, RefusalForm form, Io io);

}  // namespace assay
