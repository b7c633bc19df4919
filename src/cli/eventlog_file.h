// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "base/json.h"
#include "cli/io.h"
#include "cli/later_log.h"
#include "formats/event_log.h"
#include "formats/log_kind.h"
#include "verify/check.h"
#include "verify/replayed_log.h"

namespace assay {

/// What `assay eventlog show` and `replay` are asked.
struct LogFileOptions {
  std::filesystem::path file;  ///< "-" is standard input
  bool json = false;
};

/// IMA lists are the largest: a million lines.
inline constexpr std::size_t kMaxLogFile = 512 * 1024 * 1024;

/// What stands over every word of a log that was read alone.
inline constexpr std::string_view kNotVerified =
    "not verified: no quote.  This is what the log says, not what a TPM or TEE vouches for";

/// The kind of a log that is not the firmware's (CEL, IMA, systemd); nothing for the firmware's and
/// for what is of no kind, which the firmware's reader then explains.
std::optional<LogKind> later_kind(Bytes log);
ReportForm report_form(const LogFileOptions& options);
/// The head of a table of events, and below it what its column "data" means (trust_words).
void print_event_head(Io io);
void print_data_legend(Io io);
/// Failures in full, what passed by number.
void print_failures(const Verdict& verdict, Io io);

/// {"event","offset","reason"}.
json::object to_json(const EventLogFault& fault);
/// Whether the register got an event, and the bank has a digest of each that it got.
bool has_value(const ReplayedLog& replayed, const ReplayedLog::Bank& bank, std::uint32_t index);
/// {"sha256":{"0":"<hex>",...},...} of the registers that have a value.
json::object banks_json(const ReplayedLog& replayed);
/// The name of the log's form; null where not even its first record can be read.
json::value format_json(const EventLog& log);

}  // namespace assay
