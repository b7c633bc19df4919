// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace assay {

/// Compiles a filter of the Logging query language (docs/logs.md) into a predicate over LogEntry
/// JSON. NOT binds tightest, then OR, then AND; a newline or blank between comparisons is AND.
/// Comparisons = != < <= > >= : =~ !~; severity compares by rank, timestamp by time; `field:*` asks
/// for presence; a bare word searches all fields.  At most 20,000 characters, nesting 32.
/// Fault::malformed names the position: "filter@12".  The predicate is thread-safe.
Result<std::function<bool(const json::object&)>> compile_log_filter(std::string_view filter);

}  // namespace assay
