// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "store/audit_log.h"

namespace assay {

/// A record in the form in which it is kept.
struct LogRow {
  Instant time;
  std::string insert_id;
  Severity severity = Severity::info;
  std::string log_name;  ///< "projects/P/logs/attestation"
  std::string labels;    ///< JSON
  std::string payload;   ///< JSON
};

/// Checks and writes down everything but time and insert id.  Fault::internal where a record could
/// not be read again as what it is: no "event", more than 256 KiB (Cloud Logging's limit of an
/// entry), not UTF-8, nested deeper than 32, a log id outside [A-Za-z0-9/_.-].
Result<LogRow> to_row(const AuditRecord& record);

/// An id that no other entry has, in this store or another: the time, then the store's own
/// `store_id`. Sorts as the time does.
std::string insert_id(Instant time, std::string_view store_id);
/// Eight random hexadecimal digits.
std::string new_store_id();

/// The LogEntry object.  Fault::unavailable where the row is not what to_row wrote.
Result<json::object> to_entry(const LogRow& row);

}  // namespace assay
