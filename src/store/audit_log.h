// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"

namespace assay {

/// Cloud Logging's LogSeverity.
enum class Severity : int {
  default_ = 0,
  debug = 100,
  info = 200,
  notice = 300,
  warning = 400,
  error = 500,
  critical = 600,
  alert = 700,
  emergency = 800
};
std::string_view name_of(Severity severity);  ///< "NOTICE"

/// One record of the audit log, in the shape of Cloud Logging's LogEntry.  Tokens and secrets
/// are never in it: only their SHA-256 digests.
struct AuditRecord {
  std::string log_id;  ///< "attestation", "release"; logName is projects/{project}/logs/{log_id}
  std::string project;
  Severity severity = Severity::info;
  json::object payload;  ///< jsonPayload; has a string member "event": "challenge.created", ...
  json::object labels;
};

/// Append-only record of decisions: there is no update and no delete, by type.  Thread-safe;
/// several processes may append to one store.
class AuditLog {
 public:
  virtual ~AuditLog() = default;
  /// Durable once it returns.  Yields the entry's insertId.
  virtual Result<std::string> append(const AuditRecord& record, Instant now) = 0;

  struct Query {
    /// Whether an entry (a LogEntry object as read() yields it) is wanted; empty wants all.
    std::function<bool(const json::object&)> filter;
    bool newest_first = false;
    std::size_t limit = 0;  ///< 0: all
  };
  /// Entries in the order of their timestamps (insertId breaks ties), each as LogEntry JSON:
  /// {"logName","insertId","timestamp","severity","labels","jsonPayload"}.
  virtual Result<std::vector<json::object>> read(const Query& query) const = 0;
};

}  // namespace assay
