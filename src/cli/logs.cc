// SPDX-License-Identifier: Apache-2.0
#include "cli/logs.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/json.h"
#include "store/log_filter.h"
#include "store/sqlite_stores.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

Result<std::vector<fs::path>> audit_logs_of(const fs::path& state) {
  std::error_code ignored;
  if (fs::is_regular_file(state, ignored)) return std::vector{state};
  std::vector<fs::path> found;
  for (const char* below : {"audit.db", "attestation/audit.db", "release/audit.db"}) {
    if (fs::is_regular_file(state / below, ignored)) found.push_back(state / below);
  }
  if (!found.empty()) return found;
  return fail(Fault::unavailable, state.string(),
              "there is no audit log (give --state the directory that `assay serve`, `assay "
              "release serve` or "
              "`assay quickstart` was given)");
}

std::string_view text_of(const json::object& entry, std::string_view key) {
  return json_string(entry, key).value_or("");
}

/// Several logs as one.  An insert id begins with its entry's time, so it orders the entries of
/// all.
Result<std::vector<json::object>> read_all(const std::vector<fs::path>& files,
                                           const AuditLog::Query& query) {
  std::vector<json::object> out;
  for (const fs::path& file : files) {
    auto entries = read_sqlite_audit_log(file, query);
    if (!entries) return pass_on(entries);
    std::move(entries->begin(), entries->end(), std::back_inserter(out));
  }
  std::stable_sort(out.begin(), out.end(), [&](const json::object& a, const json::object& b) {
    const json::object& first = query.newest_first ? b : a;
    const json::object& second = query.newest_first ? a : b;
    return text_of(first, "insertId") < text_of(second, "insertId");
  });
  if (query.limit != 0 && out.size() > query.limit) out.resize(query.limit);
  return out;
}

bool is_digest(std::string_view text) {
  return text.size() >= 40 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// A text as part of a line: digests and names of resources short, nothing a terminal would obey.
std::string shown(std::string_view text) {
  if (is_digest(text)) return std::string(text.substr(0, 12)) + "..";
  if (text.starts_with("projects/")) text.remove_prefix(text.rfind('/') + 1);
  constexpr std::size_t kLongest = 120;
  std::string out;
  bool quoted = text.empty();
  for (const char c : text.substr(0, kLongest)) {
    const auto u = static_cast<unsigned char>(c);
    quoted = quoted || c == ' ' || c == '"';
    if (u < 0x20 || u >= 0x7f) {
      out += fmt::format("\\x{:02x}", u);
    } else {
      out += c;
    }
  }
  if (text.size() > kLongest) out += "..";
  return quoted ? "\"" + out + "\"" : out;
}

std::string shown(const json::value& value) {
  if (const auto* s = value.if_string()) return shown(std::string_view(s->data(), s->size()));
  if (const auto* a = value.if_array()) {
    std::string out;
    for (const json::value& element : *a) out += (out.empty() ? "" : ",") + shown(element);
    return "[" + out + "]";
  }
  return json::serialize(value);
}

/// What a reader of lines looks for last: it is in --json.
bool is_minor(std::string_view key, const json::value& value) {
  return key == "event" || key == "method" || key == "resource" || key == "peer" ||
         value.is_object();
}

std::string_view colour_of(std::string_view severity) {
  if (severity == "WARNING") return "\x1b[33m";
  if (severity == "ERROR" || severity == "CRITICAL" || severity == "ALERT" ||
      severity == "EMERGENCY") {
    return "\x1b[31m";
  }
  return "";
}

std::string line_of(const json::object& entry, Io io) {
  const std::string_view severity = text_of(entry, "severity");
  const std::string_view colour = io.colour ? colour_of(severity) : "";
  const auto payload = json_object(entry, "jsonPayload");
  std::string out =
      fmt::format("{:<27} {}{:<8}{} {:<22}", text_of(entry, "timestamp"), colour, severity,
                  colour.empty() ? "" : "\x1b[0m", payload ? text_of(**payload, "event") : "");
  if (payload) {
    for (const auto& member : **payload) {
      const std::string_view key(member.key().data(), member.key().size());
      if (!is_minor(key, member.value()))
        out += fmt::format(" {}={}", shown(key), shown(member.value()));
    }
  }
  out.erase(out.find_last_not_of(' ') + 1);
  return out;
}

}  // namespace

int run_logs_read(const LogsReadOptions& options, Io io) {
  auto filter = compile_log_filter(options.filter);
  if (!filter) {
    explain(io, filter.error());
    return kUsage;
  }
  const auto files = audit_logs_of(options.state);
  if (!files) return explain(io, files.error());
  auto entries = read_all(*files, {.filter = std::move(*filter),
                                   .newest_first = options.order == LogOrder::newest_first,
                                   .limit = options.limit});
  if (!entries) return explain(io, entries.error());

  if (options.format == LogFormat::json) {
    json::array all;
    for (json::object& entry : *entries) all.emplace_back(std::move(entry));
    io.out << pretty_json(json::object{{"entries", std::move(all)}});
    return kAccepted;
  }
  for (const json::object& entry : *entries) io.out << line_of(entry, io) << "\n";
  return kAccepted;
}

}  // namespace assay
