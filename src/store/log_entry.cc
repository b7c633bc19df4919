// SPDX-License-Identifier: Apache-2.0
#include "store/log_entry.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "base/check.h"

namespace assay {
namespace {

constexpr JsonLimits kLimits{.bytes = 256 * 1024, .depth = 32};

bool is_log_id(std::string_view id) {
  return !id.empty() && id.size() < 512 &&
         std::all_of(
             id.begin(), id.end(),
             [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '/' || c == '_' || c == '.' || c == '-';
             });
}

/// Whether a number that was read is one of Severity's: 0, 100, ... 800.
bool is_severity(int number) {
  return number >= static_cast<int>(Severity::default_) &&
         number <= static_cast<int>(Severity::emergency) && number % 100 == 0;
}

std::string log_name(const AuditRecord& record) {
  std::string out = "projects/";
  out.append(record.project.empty() ? "-" : record.project).append("/logs/");
  // In a log name the log id is URL-encoded, and of its characters only '/' needs it.
  for (const char c : record.log_id) {
    out.append(c == '/' ? std::string_view("%2F") : std::string_view(&c, 1));
  }
  return out;
}

/// `object` as text that parse_json will take back.
Result<std::string> written_down(std::string_view where, const json::object& object) {
  std::string text = json::serialize(object);
  const auto again = parse_json_object(where, text, kLimits);
  if (!again) return fail(Fault::internal, again.error().where, again.error().why);
  return text;
}

}  // namespace

std::string_view name_of(Severity severity) {
  switch (severity) {
    case Severity::default_:
      return "DEFAULT";
    case Severity::debug:
      return "DEBUG";
    case Severity::info:
      return "INFO";
    case Severity::notice:
      return "NOTICE";
    case Severity::warning:
      return "WARNING";
    case Severity::error:
      return "ERROR";
    case Severity::critical:
      return "CRITICAL";
    case Severity::alert:
      return "ALERT";
    case Severity::emergency:
      return "EMERGENCY";
  }
  check_failed("severity is one of Severity", __FILE__, __LINE__);
}

Result<LogRow> to_row(const AuditRecord& record) {
  if (!is_log_id(record.log_id))
    return fail(Fault::internal, "audit record", "its log id is not [A-Za-z0-9/_.-]+");
  if (!json_string(record.payload, "event"))
    return fail(Fault::internal, "audit record", "has no event");
  const auto name = written_down("audit record's project", {{"project", record.project}});
  if (!name) return pass_on(name);
  auto payload = written_down("audit record", record.payload);
  if (!payload) return pass_on(payload);
  auto labels = written_down("audit record's labels", record.labels);
  if (!labels) return pass_on(labels);
  return LogRow{{}, {}, record.severity, log_name(record), std::move(*labels), std::move(*payload)};
}

std::string insert_id(Instant time, std::string_view store_id) {
  return fmt::format("{:016x}{}", time.time_since_epoch().count(), store_id);
}

std::string new_store_id() {
  std::random_device random;
  return fmt::format("{:08x}", static_cast<std::uint32_t>(random()));
}

Result<json::object> to_entry(const LogRow& row) {
  const std::string where = "log entry " + row.insert_id;
  if (const int severity = static_cast<int>(row.severity); !is_severity(severity)) {
    return fail(Fault::unavailable, where,
                fmt::format("{} is no severity (the file was damaged)", severity));
  }
  auto labels = parse_json_object(where, row.labels, kLimits);
  auto payload = parse_json_object(where, row.payload, kLimits);
  if (!labels || !payload) {
    return fail(Fault::unavailable, where,
                (labels ? payload : labels).error().why + " (the file was damaged)");
  }
  return json::object{{"logName", row.log_name},        {"insertId", row.insert_id},
                      {"timestamp", rfc3339(row.time)}, {"severity", name_of(row.severity)},
                      {"labels", std::move(*labels)},   {"jsonPayload", std::move(*payload)}};
}

}  // namespace assay
