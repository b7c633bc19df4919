// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "cli/io.h"

namespace assay {

enum class LogOrder { oldest_first, newest_first };
enum class LogFormat {
  text,  ///< a line for each entry, for people
  json,  ///< {"entries":[LogEntry, ...]}
};

/// `assay logs read [FILTER]`: the entries of the audit log that a filter wants (docs/logs.md).
struct LogsReadOptions {
  std::filesystem::path
      state;             ///< a service's state directory, one of `quickstart`, or an audit.db
  std::string filter{};  ///< empty: all
  LogOrder order = LogOrder::oldest_first;
  std::size_t limit = 0;  ///< 0: all
  LogFormat format = LogFormat::text;
};

/// Reads DIR/audit.db, DIR/attestation/audit.db and DIR/release/audit.db, those there are, as one
/// log. A filter that is none is kUsage, a directory without a log kUnavailable.
int run_logs_read(const LogsReadOptions& options, Io io);

}  // namespace assay
