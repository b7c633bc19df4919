// SPDX-License-Identifier: Apache-2.0
#pragma once

// For tests only: a log, and what is said about it.

#include <fmt/format.h>

#include <string>
#include <vector>

#include "verify/log_statement.h"

namespace assay {

/// A log with what is said about it; all borrow `bytes`.
struct Looked {
  explicit Looked(Buffer in)
      : bytes(std::move(in)), reading(read_event_log(bytes)), statement(read_statement(reading)) {}
  Looked(const Looked&) = delete;
  Looked& operator=(const Looked&) = delete;
  Buffer bytes;
  EventLogReading reading;
  LogStatement statement;
};

/// "id: got" of each check that fails, as `assay eventlog show` prints them.
inline std::vector<std::string> findings(const Verdict& verdict) {
  std::vector<std::string> out;
  for (const Check& check : verdict.checks())
    if (check.verdict == CheckVerdict::fail || check.verdict == CheckVerdict::not_checked)
      out.push_back(fmt::format("{}: {}", check.id, check.got));
  return out;
}

/// Parts of the state that are believed: platform, Secure Boot, applications, kernel.
inline std::string stands(const LogStatement& s) {
  return fmt::format("{}{}{}{}", s.platform_stands ? "P" : "-", s.secure_boot_stands ? "S" : "-",
                     s.applications_stand ? "A" : "-", s.kernel_stands ? "K" : "-");
}

}  // namespace assay
