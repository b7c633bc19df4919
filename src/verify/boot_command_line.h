// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "verify/boot_grub.h"
#include "verify/linux_stub.h"
#include "verify/machine_state.h"
#include "verify/replayed_log.h"

namespace assay {

/// Reads PCR 8, 9, 11 and 12 for everything that is a command line or may hide one.
class CommandLineReader {
 public:
  explicit CommandLineReader(const ReplayedLog& replayed) : replayed_(replayed) {}

  void read(const JudgedEvent& e);
  /// `grub` and `uki` are what the same log says of these.  With the checks
  /// boot.kernel.command_line, boot.kernel.load_options and boot.kernel.sources.
  CommandLineReading finish(const GrubReading& grub, const std::optional<UkiState>& uki,
                            Verdict& verdict);
  /// Of what finish() returned.
  [[nodiscard]] std::vector<Digest> unexplained(const CommandLineReading& reading) const;

 private:
  struct Text {
    std::string text;
    bool in_config;  ///< PCR 12; else PCR 8
  };
  void read_config(const JudgedEvent& e);
  void read_start(const JudgedEvent& e);
  [[nodiscard]] std::string doubt_of(const std::string& line, const GrubReading& grub,
                                     const std::optional<UkiState>& uki) const;
  [[nodiscard]] std::string doubt_of_registers(bool of_grub) const;
  [[nodiscard]] bool begins_with_load_options() const;
  [[nodiscard]] bool is_confirmed(const std::string& line) const;
  void check_load_options(const std::optional<std::string>& line, bool of_grub,
                          Verdict& verdict) const;

  const ReplayedLog& replayed_;
  std::vector<Text> texts_;  ///< of systemd-boot and systemd-stub
  std::vector<Digest> load_options_;
  std::vector<std::optional<StubPart>> of_stub_;  ///< each event of PCR 9
  const Event* other_config_ = nullptr;           ///< in PCR 12, and no command line
  const Event* other_loader_ = nullptr;           ///< in PCR 8, and not systemd's
  const Event* image_ = nullptr;                  ///< the first event of PCR 11
  bool attempted_ = false;                        ///< a boot option was called
  std::size_t started_ = 0;                       ///< applications since
  const Event* restarted_ = nullptr;              ///< another option was called behind applications
};

}  // namespace assay
