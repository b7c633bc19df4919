// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.h"
#include "formats/event_log.h"
#include "verify/check.h"
#include "verify/machine_state.h"
#include "verify/replayed_log.h"

namespace assay {

/// What a log says about a boot, read without a quote.  A statement about the log alone: whoever
/// wrote the log could write any.  Verification reads its state with authenticate_vtpm.
struct LogStatement {
  /// Of what is malformed, edited or contradicts itself.  What a log lacks is absent, not failed:
  /// it may be a part of one.
  Verdict verdict;
  ReplayedLog replayed;  ///< in every bank that any event has a digest of; borrows the reading
  MachineState state;

  /// Parts of the state that the log itself leaves no doubt about: none of their registers has an
  /// event that was edited or relabelled, and no check of theirs failed.
  bool platform_stands = false;
  bool secure_boot_stands = false;
  bool applications_stand = false;
  bool kernel_stands = false;
  bool windows_stands = false;
};

/// Whether the log is whole: check eventlog.log.format.
void check_format(const EventLogReading& reading, Verdict& verdict);

/// `reading` must outlive the result.  Of a malformed log nothing stands.
LogStatement read_statement(const EventLogReading& reading);

/// {"secure_boot", "kernel_command_line", "efi_applications", ...}; null for what does not stand.
json::object state_json(const LogStatement& statement, const EventLog& log);
/// The same members where a log is not about the boot.
json::object state_json_without_boot();

}  // namespace assay
