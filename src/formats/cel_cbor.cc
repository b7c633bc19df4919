// SPDX-License-Identifier: Apache-2.0

// Canonical event logs in CBOR: an array of maps with the keys of the TLV types.

#include <algorithm>

#include "formats/cbor.h"
#include "formats/cel_parts.h"

namespace assay {
namespace {

using Kind = CborValue::Kind;

/// Remembers the first thing in a record that is not as it should be.
class Shape {
 public:
  [[nodiscard]] bool ok() const { return why_.empty(); }
  void fail(std::string_view field, const CborValue& at, std::string why) {
    if (!ok()) return;
    field_ = field;
    offset_ = at.offset;
    why_ = std::move(why);
  }
  void report(CelRecords& records) const { records.fail(field_, offset_, why_); }

  /// The value of a key that must be there, of this kind; an empty one after a failure.
  const CborValue& member(std::string_view field, const CborValue& map, std::uint64_t key,
                          Kind kind) {
    static const CborValue kNothing;
    const CborValue* found = map.find(key);
    if (found == nullptr) {
      fail(field, map, "missing");
    } else if (found->kind != kind) {
      fail(field, *found, fmt::format("wanted {}, got {}", name_of(kind), name_of(found->kind)));
    } else {
      return *found;
    }
    return kNothing;
  }
  /// A map with exactly `size` keys; which ones, reading them tells.
  bool map_of(std::string_view field, const CborValue& value, std::size_t size) {
    if (value.kind != Kind::map)
      fail(field, value, fmt::format("wanted a map, got {}", name_of(value.kind)));
    else if (value.items.size() != 2 * size)
      fail(field, value, fmt::format("{} members, wanted {}", value.items.size() / 2, size));
    return ok();
  }

 private:
  std::string field_, why_;
  std::size_t offset_ = 0;
};

CelRegister read_register(const CborValue& record, Shape& shape) {
  for (const auto& [key, kind] :
       {std::pair(kPcr, CelRegister::Kind::pcr), std::pair(kNvIndex, CelRegister::Kind::nv_index),
        std::pair(kCcMr, CelRegister::Kind::cc_mr)}) {
    if (record.find(key) == nullptr) continue;
    const CborValue& value = shape.member("register", record, key, Kind::unsigned_integer);
    const CelRegister out{
        kind, static_cast<std::uint32_t>(std::min<std::uint64_t>(value.number, 0xFFFFFFFF))};
    if (std::string why = check_register(out); !why.empty())
      shape.fail("register", value, std::move(why));
    return out;
  }
  shape.fail("register", record, "no kind of register");
  return {};
}

void read_digests(const CborValue& record, Shape& shape, CelRecord& out) {
  const CborValue& digests = shape.member("digests", record, kDigests, Kind::map);
  for (std::size_t i = 0; shape.ok() && i < digests.items.size(); i += 2) {
    const CborValue& key = digests.items[i];
    const CborValue& value = digests.items[i + 1];
    const auto algorithm = key.kind == Kind::unsigned_integer && key.number <= 0xFFFF
                               ? hash_algorithm(static_cast<std::uint32_t>(key.number))
                               : std::nullopt;
    if (!algorithm) return shape.fail("digests", key, "an algorithm that is not known");
    if (value.kind != Kind::bytes) return shape.fail("digests", value, "not a byte string");
    if (std::string why = add_digest(out, *algorithm, value.bytes); !why.empty())
      shape.fail("digests", value, std::move(why));
  }
}

PcClientContent read_pcclient(const CborValue& content, Shape& shape) {
  if (!shape.map_of("content", content, 2)) return {};
  const CborValue& type = shape.member("content.event_type", content, 0, Kind::unsigned_integer);
  if (type.number > 0xFFFFFFFF) shape.fail("content.event_type", type, "wider than four bytes");
  return {static_cast<EventType>(static_cast<std::uint32_t>(type.number)),
          shape.member("content.event_data", content, 1, Kind::bytes).bytes};
}

ImaTemplateContent read_ima_template(const CborValue& content, Shape& shape) {
  if (!shape.map_of("content", content, 2)) return {};
  const Bytes name = shape.member("content.template_name", content, 0, Kind::text).bytes;
  return {as_text(name), shape.member("content.template_data", content, 1, Kind::bytes).bytes};
}

CelManagement read_management(const CborValue& content, Shape& shape) {
  CelManagement out{};
  if (!shape.map_of("content", content, 1)) return out;
  const auto number = [&](std::string_view field, const CborValue& map, std::uint64_t key) {
    return shape.member(field, map, key, Kind::unsigned_integer).number;
  };
  if (const CborValue* version = content.find(1)) {
    out.kind = CelManagement::Kind::version;
    if (!shape.map_of("content.cel_version", *version, 2)) return out;
    out.major = number("content.cel_version", *version, 0);
    out.minor = number("content.cel_version", *version, 1);
  } else if (content.find(2) != nullptr) {
    out.kind = CelManagement::Kind::firmware_end;
    (void)shape.member("content.firmware_end", content, 2, Kind::null);
  } else if (content.find(80) != nullptr) {
    out.kind = CelManagement::Kind::timestamp;
    out.value = number("content.cel_timestamp", content, 80);
  } else if (content.find(81) != nullptr) {
    out.kind = CelManagement::Kind::state_transition;
    out.value = number("content.state_trans", content, 81);
    if (out.value > 2)
      shape.fail("content.state_trans", content, "not suspend, hibernate or kexec");
  } else {
    shape.fail("content.cel", content, "a management event that is not known");
  }
  return out;
}

/// A record has four members: its number, its register, its digests and its content.
void read_record(const CborValue& value, CelRecords& records) {
  Shape shape;
  CelRecord record{};
  record.offset = value.offset;
  if (shape.map_of("record", value, 4)) {
    record.number = shape.member("recnum", value, kRecnum, Kind::unsigned_integer).number;
    record.where = read_register(value, shape);
    read_digests(value, shape, record);
    if (const CborValue* management = value.find(kManagement))
      record.content = read_management(*management, shape);
    else if (const CborValue* event = value.find(kPcClientStd))
      record.content = read_pcclient(*event, shape);
    else if (const CborValue* entry = value.find(kImaTemplate))
      record.content = read_ima_template(*entry, shape);
    else
      shape.fail("content", value, "content of no known type");
  }
  if (!shape.ok()) return shape.report(records);
  records.add(record);
}

}  // namespace

void read_cel_cbor(Bytes log, CelRecords& records) {
  CborReader reader("cel", log, {.depth = 4});
  const auto count = reader.array("log");
  if (!count) return records.fail(count.error());
  for (std::uint64_t i = 0; i < *count && !records.failed(); ++i) {
    const auto record = reader.value(fmt::format("record {}", i));
    if (!record) return records.fail(record.error());
    read_record(*record, records);
  }
  if (const auto ended = reader.end(); !ended) records.fail(ended.error());
}

}  // namespace assay
