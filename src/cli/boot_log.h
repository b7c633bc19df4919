// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "verify/machine_state.h"
#include "verify/replayed_log.h"

namespace assay {

/// A measured-boot log out of a file, replayed in all of its banks, with everything that borrows
/// from it in one place.
class BootLog {
 public:
  /// "-" is standard input.  A log with a fault is refused, with the event and offset of the fault.
  static Result<std::unique_ptr<BootLog>> read(const std::string& path);
  /// Of bytes in memory; `where` names them in errors.
  static Result<std::unique_ptr<BootLog>> of(std::string where, Buffer bytes);

  BootLog(const BootLog&) = delete;
  BootLog& operator=(const BootLog&) = delete;

  [[nodiscard]] const EventLog& log() const { return log_; }
  [[nodiscard]] const ReplayedLog& replayed() const { return replayed_; }
  /// What the log says of its machine in one of its banks, if it can be believed: Fault::untrusted
  /// names the check that a boot to learn from must not fail.
  [[nodiscard]] Result<MachineState> good_state(HashAlgorithm bank) const;

 private:
  BootLog(std::string where, Buffer bytes) : where_(std::move(where)), bytes_(std::move(bytes)) {}

  std::string where_;
  Buffer bytes_;
  EventLog log_;
  ReplayedLog replayed_;
};

}  // namespace assay
