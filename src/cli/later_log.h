// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.h"
#include "cli/io.h"
#include "formats/log_kind.h"

namespace assay {

/// How `assay eventlog` prints.
enum class ReportForm { text, json };

/// `assay eventlog show` of a log that is not the firmware's own: CEL, IMA, systemd.  JSON:
/// {"format","events":[...],"state":{...}}, and "checks" where one failed.  kRejected where the log
/// is malformed, or says what was not measured: then its state is null.
int show_later_log(LogKind kind, Bytes log, ReportForm form, Io io);

/// `assay eventlog replay` of one.  JSON:
/// {"format","events":count,"banks":{"sha256":{"10":"<hex>"}}}, and "checks" where one failed.
int replay_later_log(LogKind kind, Bytes log, ReportForm form, Io io);

}  // namespace assay
