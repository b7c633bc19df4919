// SPDX-License-Identifier: Apache-2.0

// Canonical event logs in JSON: an array of records.

#include <algorithm>

#include "base/hex.h"
#include "formats/bank.h"
#include "formats/cel_parts.h"

namespace assay {
namespace {

/// A JSON record is an object of at most so much: a firmware event is hexadecimal in it.
constexpr JsonLimits kRecordLimits{.bytes = kMaxCelLog, .depth = 8, .values = 4096};

using Refusal = std::optional<JsonRefusal>;

std::optional<std::uint64_t> unsigned_of(const json::value& v) {
  if (v.is_uint64()) return v.get_uint64();
  if (v.is_int64() && v.get_int64() >= 0) return static_cast<std::uint64_t>(v.get_int64());
  return std::nullopt;
}

Result<std::uint64_t> unsigned_member(const json::object& object, std::string_view key) {
  const json::value* v = object.if_contains(key);
  if (v == nullptr) return fail(Fault::malformed, std::string(key), "missing");
  if (const auto number = unsigned_of(*v)) return *number;
  return fail(Fault::malformed, std::string(key), "not an unsigned integer");
}

/// A member's text, kept as long as the log.
std::optional<std::string_view> text_member(const json::object& object, std::string_view key,
                                            CelRecords& records) {
  const json::value* v = object.if_contains(key);
  if (v == nullptr || !v->is_string()) return std::nullopt;
  return as_text(records.keep(to_buffer(as_bytes(v->get_string()))));
}

Result<Bytes> hex_member(const json::object& object, std::string_view key, CelRecords& records) {
  const auto text = json_string(object, key);
  if (!text) return pass_on(text);
  auto bytes = parse_hex(key, *text);
  if (!bytes) return pass_on(bytes);
  return records.keep(std::move(*bytes));
}

/// Members beyond `allowed` are refused: they would say something that nobody reads.
Refusal refuse_others(const json::object& object, std::string_view field,
                      std::initializer_list<std::string_view> allowed) {
  for (const auto& [key, value] : object) {
    if (std::find(allowed.begin(), allowed.end(), key) == allowed.end())
      return JsonRefusal{field, fmt::format("member \"{}\" is not known", std::string_view(key))};
  }
  return std::nullopt;
}

Refusal read_register(const json::object& record, CelRegister& out) {
  int found = 0;
  for (const auto& [key, kind] : {std::pair("pcr", CelRegister::Kind::pcr),
                                  std::pair("nv_index", CelRegister::Kind::nv_index)}) {
    const json::value* v = record.if_contains(key);
    if (v == nullptr) continue;
    const auto index = unsigned_of(*v);
    if (!index || *index > 0xFFFFFFFF) return JsonRefusal{"register", "not an index"};
    out = {kind, static_cast<std::uint32_t>(*index)};
    ++found;
  }
  if (found != 1)
    return JsonRefusal{"register", found == 0 ? "neither pcr nor nv_index" : "pcr and nv_index"};
  if (std::string why = check_register(out); !why.empty()) return JsonRefusal{"register", why};
  return std::nullopt;
}

Refusal read_digest(const json::value& value, CelRecords& records, CelRecord& out) {
  const json::object* object = value.if_object();
  if (object == nullptr) return JsonRefusal{"digests", "a digest that is not an object"};
  if (auto other = refuse_others(*object, "digests", {"hashAlg", "digest"})) return other;
  const auto name = json_string(*object, "hashAlg");
  if (!name) return JsonRefusal{"digests", to_string(name.error())};
  const auto algorithm = bank_named(*name);
  if (!algorithm)
    return JsonRefusal{"digests", fmt::format("algorithm \"{}\" is not known", *name)};
  const auto digest = hex_member(*object, "digest", records);
  if (!digest) return JsonRefusal{"digests", to_string(digest.error())};
  if (std::string why = add_digest(out, *algorithm, *digest); !why.empty())
    return JsonRefusal{"digests", why};
  return std::nullopt;
}

Refusal read_digests(const json::object& record, CelRecords& records, CelRecord& out) {
  const auto list = json_array(record, "digests");
  if (!list) return JsonRefusal{"digests", list.error().why};
  for (const json::value& digest : **list) {
    if (auto refused = read_digest(digest, records, out)) return refused;
  }
  return std::nullopt;
}

/// A number, or the name that TCG gives it, in lower or upper case: "ev_separator".
std::optional<EventType> event_type(const json::value& value) {
  if (const auto number = unsigned_of(value); number && *number <= 0xFFFFFFFF)
    return static_cast<EventType>(*number);
  if (!value.is_string()) return std::nullopt;
  std::string name(value.get_string());
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  for (const std::uint32_t base : {0x00000000U, 0x80000000U}) {
    for (std::uint32_t i = 0; i <= 0xFF; ++i) {
      const auto type = static_cast<EventType>(base + i);
      if (is_known(type) && name_of(type) == name) return type;
    }
  }
  return std::nullopt;
}

Refusal read_pcclient(const json::object& content, CelRecords& records, CelRecord& out) {
  if (auto other = refuse_others(content, "content", {"event_type", "event_data"})) return other;
  const json::value* value = content.if_contains("event_type");
  const auto type = value == nullptr ? std::nullopt : event_type(*value);
  if (!type) return JsonRefusal{"content.event_type", "neither a number nor a known name"};
  const auto data = hex_member(content, "event_data", records);
  if (!data) return JsonRefusal{"content.event_data", data.error().why};
  out.content = PcClientContent{*type, *data};
  return std::nullopt;
}

Refusal read_ima_template(const json::object& content, CelRecords& records, CelRecord& out) {
  if (auto other = refuse_others(content, "content", {"template_name", "template_data"}))
    return other;
  const auto name = text_member(content, "template_name", records);
  if (!name) return JsonRefusal{"content.template_name", "missing, or not a text"};
  const auto data = hex_member(content, "template_data", records);
  if (!data) return JsonRefusal{"content.template_data", data.error().why};
  out.content = ImaTemplateContent{*name, *data};
  return std::nullopt;
}

Refusal read_version(const json::value& value, CelManagement& out) {
  const json::object* object = value.if_object();
  if (object == nullptr) return JsonRefusal{"content.cel_version", "not an object"};
  if (auto other = refuse_others(*object, "content.cel_version", {"major", "minor"})) return other;
  const auto major = unsigned_member(*object, "major");
  const auto minor = unsigned_member(*object, "minor");
  if (!major || !minor)
    return JsonRefusal{"content.cel_version", "wanted a major and a minor number"};
  out.kind = CelManagement::Kind::version;
  out.major = *major;
  out.minor = *minor;
  return std::nullopt;
}

Refusal read_management(const json::object& content, CelRecord& out) {
  if (content.size() != 1) return JsonRefusal{"content", "wanted one management event"};
  const auto& [key, value] = *content.begin();
  CelManagement event{};
  const auto number = unsigned_of(value);
  if (key == "cel_version") {
    if (auto refused = read_version(value, event)) return refused;
  } else if (key == "firmware_end") {
    event.kind = CelManagement::Kind::firmware_end;
    if (!value.is_null() && !(value.is_string() && value.get_string().empty()))
      return JsonRefusal{"content.firmware_end", "has a value"};
  } else if (key == "cel_timestamp") {
    event.kind = CelManagement::Kind::timestamp;
    if (!number) return JsonRefusal{"content.cel_timestamp", "not an unsigned integer"};
    event.value = *number;
  } else if (key == "state_trans") {
    event.kind = CelManagement::Kind::state_transition;
    constexpr std::string_view kNames[] = {"suspend", "hibernate", "kexec"};
    const auto* name = value.is_string() ? std::find(std::begin(kNames), std::end(kNames),
                                                     std::string_view(value.get_string()))
                                         : std::end(kNames);
    if (name == std::end(kNames) && !(number && *number <= 2))
      return JsonRefusal{"content.state_trans", "not suspend, hibernate or kexec"};
    event.value = number ? *number : static_cast<std::uint64_t>(name - std::begin(kNames));
  } else {
    return JsonRefusal{"content",
                       fmt::format("management event \"{}\" is not known", std::string_view(key))};
  }
  out.content = event;
  return std::nullopt;
}

/// What systemd adds in newer versions stands beside the text that was measured: it is read over.
Refusal read_systemd(const json::object& content, CelRecords& records, CelRecord& out) {
  for (const std::string_view key : {"eventType", "string", "bootId"}) {
    const json::value* v = content.if_contains(key);
    if (v != nullptr && !v->is_string())
      return JsonRefusal{"content", fmt::format("\"{}\" is not a text", key)};
  }
  SystemdContent event{};
  event.event_type = text_member(content, "eventType", records).value_or("");
  event.text = text_member(content, "string", records);
  event.boot_id = text_member(content, "bootId", records).value_or("");
  if (content.contains("timestamp")) {
    const auto timestamp = unsigned_member(content, "timestamp");
    if (!timestamp) return JsonRefusal{"content.timestamp", timestamp.error().why};
    event.timestamp_us = *timestamp;
  }
  out.content = event;
  return std::nullopt;
}

Refusal read_content(const json::object& record, CelRecords& records, CelRecord& out) {
  const auto type = json_string(record, "content_type");
  if (!type) return JsonRefusal{"content_type", type.error().why};
  const auto content = json_object(record, "content");
  if (!content) return JsonRefusal{"content", content.error().why};
  if (*type == "pcclient_std") return read_pcclient(**content, records, out);
  if (*type == "ima_template") return read_ima_template(**content, records, out);
  if (*type == "cel") return read_management(**content, out);
  if (*type == "systemd") return read_systemd(**content, records, out);
  return JsonRefusal{"content_type", fmt::format("\"{}\" is not known", *type)};
}

/// Where the object that begins at `at` ends, one past its last brace; npos where it does not.
/// Braces inside strings do not count.
std::size_t object_end(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  bool in_string = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (in_string) {
      if (c == '\\') ++at;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{') {
      ++depth;
    } else if (c == '}' && --depth == 0) {
      return at + 1;
    }
  }
  return std::string_view::npos;
}

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  const std::size_t found = text.find_first_not_of(" \t\r\n", at);
  return found == std::string_view::npos ? text.size() : found;
}

void read_numbered(std::string_view text, std::size_t offset, CelRecords& records) {
  const auto object = parse_json_object("record", text, kRecordLimits);
  if (!object) return records.fail("json", offset, to_string(object.error()));
  if (auto other = refuse_others(
          *object, "record", {"recnum", "pcr", "nv_index", "digests", "content_type", "content"}))
    return records.fail(other->field, offset, std::move(other->why));
  const auto number = unsigned_member(*object, "recnum");
  if (!number) return records.fail("recnum", offset, number.error().why);
  CelRecord record{};
  record.number = *number;
  record.offset = offset;
  if (auto refused = read_json_record(*object, records, record))
    return records.fail(refused->field, offset, std::move(refused->why));
  records.add(record);
}

}  // namespace

std::optional<JsonRefusal> read_json_record(const json::object& record, CelRecords& records,
                                            CelRecord& out) {
  if (auto refused = read_register(record, out.where)) return refused;
  if (auto refused = read_digests(record, records, out)) return refused;
  return read_content(record, records, out);
}

/// Records are cut out of the array one by one, so that each has its offset, and those before a
/// malformed one can be shown.
void read_cel_json(Bytes log, CelRecords& records) {
  const std::string_view text = as_text(log);
  std::size_t at = skip_blanks(text, 0);
  if (at == text.size() || text[at] != '[')
    return records.fail("log", at, "not an array of records");
  at = skip_blanks(text, at + 1);
  bool more = at < text.size() && text[at] != ']';
  while (more) {
    if (at == text.size() || text[at] != '{') return records.fail("record", at, "not an object");
    const std::size_t end = object_end(text, at);
    if (end == std::string_view::npos) return records.fail("record", at, "does not end");
    read_numbered(text.substr(at, end - at), at, records);
    if (records.failed()) return;
    at = skip_blanks(text, end);
    more = at < text.size() && text[at] == ',';
    if (more) at = skip_blanks(text, at + 1);
  }
  if (at == text.size() || text[at] != ']')
    return records.fail("log", at, "neither another record nor the array's end");
  at = skip_blanks(text, at + 1);
  if (at != text.size())
    records.fail("end", at, fmt::format("{} trailing bytes", text.size() - at));
}

}  // namespace assay
