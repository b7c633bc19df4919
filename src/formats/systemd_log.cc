// SPDX-License-Identifier: Apache-2.0

// systemd's userspace log, /run/log/systemd/tpm2-measure.log: records of CEL-JSON without numbers,
// each after a record separator and before a line feed.  RFC 7464; systemd-pcrextend(8).

#include "formats/cel_parts.h"

namespace assay {
namespace {

constexpr char kRecordSeparator = '\x1e';
constexpr JsonLimits kRecordLimits{.bytes = 64 * 1024, .depth = 8, .values = 256};

}  // namespace

/// RFC 7464, 2.4: a text that lacks its line feed may have been cut short, so it is refused.
void read_systemd_log(Bytes log, CelRecords& records) {
  const std::string_view text = as_text(log);
  std::size_t at = 0;
  while (at < text.size()) {
    if (text[at] != kRecordSeparator)
      return records.fail("record", at, "does not begin with a record separator (0x1e)");
    const std::size_t next = text.find(kRecordSeparator, at + 1);
    const std::size_t end = next == std::string_view::npos ? text.size() : next;
    const std::string_view body = text.substr(at + 1, end - at - 1);
    if (body.empty() || body.back() != '\n')
      return records.fail("record", at, "does not end with a line feed: it may be cut short");
    const auto object = parse_json_object("record", body, kRecordLimits);
    if (!object) return records.fail("json", at, to_string(object.error()));
    CelRecord record{};
    record.number = records.next();
    record.offset = at;
    if (auto refused = read_json_record(*object, records, record))
      return records.fail(refused->field, at, std::move(refused->why));
    if (!std::holds_alternative<SystemdContent>(record.content))
      return records.fail("content_type", at, "not systemd's");
    records.add(record);
    if (records.failed()) return;
    at = end;
  }
}

}  // namespace assay
