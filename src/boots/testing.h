// SPDX-License-Identifier: Apache-2.0
#pragma once

// For tests only: recorded boots.

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

#include "formats/recorded.h"
#include "verify/machine_state.h"
#include "verify/replayed_log.h"

namespace assay {

/// A log with all that borrows from it.
class Boot {
 public:
  explicit Boot(Buffer bytes) : bytes_(std::move(bytes)) {
    auto log = parse_event_log(bytes_);
    EXPECT_TRUE(log) << (log ? "" : to_string(log.error()));
    if (!log) return;
    log_ = std::move(*log);
    replayed_ = replay(log_, log_.algorithms);
  }
  Boot(const Boot&) = delete;
  Boot& operator=(const Boot&) = delete;
  [[nodiscard]] const ReplayedLog& replayed() const { return replayed_; }
  /// Its state in a bank, whatever its checks say.
  [[nodiscard]] MachineState state(HashAlgorithm bank) const {
    Verdict verdict;
    return read_machine_state(replay(log_, {&bank, 1}), verdict);
  }

 private:
  Buffer bytes_;
  EventLog log_;
  ReplayedLog replayed_;
};

/// A boot of tests/boots, or "cos-85" or "rhel8" of the corpus; nothing where there is no corpus.
inline std::optional<Buffer> recorded_log(std::string_view boot) {
  if (boot == "rhel8") return corpus_file("eventlogs/tpm/rhel8-uefi.bin");
  if (boot == "cos-85") return corpus_file("eventlogs/tpm/cos-85-amd-sev.bin");
  return boot_file(std::string(boot) + "/binary_bios_measurements");
}

}  // namespace assay
