// SPDX-License-Identifier: Apache-2.0

// Canonical event logs in TLV: a type of one byte, a length of four bytes, big-endian, the value.

#include "base/byte_reader.h"
#include "formats/cel_parts.h"

namespace assay {
namespace {

/// Types inside a management event.
enum : std::uint8_t { kVersion = 1, kFirmwareEnd = 2, kTimestamp = 80, kStateTransition = 81 };

struct Tlv {
  std::uint8_t type = 0;
  Bytes value;
  std::size_t offset = 0;  ///< of the value
};

/// The length is compared with what remains before anything is taken.
Tlv read_tlv(ByteReader& r, std::string_view field) {
  Tlv out;
  out.type = r.u8(field);
  const std::uint32_t size = r.u32_be(field);
  out.offset = r.offset();
  out.value = r.take(field, size);
  return out;
}

/// The value of a TLV that must have this type.
Tlv read_typed(ByteReader& r, std::string_view field, std::uint8_t type) {
  const Tlv out = read_tlv(r, field);
  if (r.ok() && out.type != type) r.fail(field, fmt::format("type {}, wanted {}", out.type, type));
  return out;
}

/// Integers are big-endian; how wide, their length says.
std::uint64_t read_integer(ByteReader& r, std::string_view field, const Tlv& tlv) {
  if (!r.ok()) return 0;
  if (tlv.value.empty() || tlv.value.size() > 8) {
    r.fail(field, fmt::format("an integer of {} bytes", tlv.value.size()));
    return 0;
  }
  std::uint64_t value = 0;
  for (const std::uint8_t byte : tlv.value) value = value << 8 | byte;
  return value;
}

/// A PCR and a CC MR have an index of one byte, an NV index a handle of four.
CelRegister read_register(ByteReader& r) {
  const Tlv tlv = read_tlv(r, "register");
  CelRegister out;
  std::size_t width = 1;
  if (tlv.type == kNvIndex) {
    out.kind = CelRegister::Kind::nv_index;
    width = 4;
  } else if (tlv.type == kCcMr) {
    out.kind = CelRegister::Kind::cc_mr;
  } else if (tlv.type != kPcr) {
    r.fail("register", fmt::format("type {} is no kind of register", tlv.type));
  }
  if (r.ok() && tlv.value.size() != width)
    r.fail("register", fmt::format("an index of {} bytes, wanted {}", tlv.value.size(), width));
  out.index = static_cast<std::uint32_t>(read_integer(r, "register", tlv));
  if (std::string why = check_register(out); r.ok() && !why.empty())
    r.fail("register", std::move(why));
  return out;
}

/// Nested TLVs; the type is the low byte of a TPM_ALG_ID.
void read_digests(ByteReader& outer, CelRecord& record) {
  const Tlv list = read_typed(outer, "digests", kDigests);
  ByteReader r("", list.value, list.offset);
  while (r.more()) {
    const Tlv tlv = read_tlv(r, "digests");
    if (!r.ok()) break;
    const auto algorithm = hash_algorithm(tlv.type);
    std::string why = algorithm ? add_digest(record, *algorithm, tlv.value)
                                : fmt::format("algorithm {:#x} is not known", tlv.type);
    if (!why.empty()) r.fail("digests", std::move(why));
  }
  if (!r.ok()) outer.fail("digests", r.error().why);
}

CelManagement read_management(ByteReader& r) {
  const Tlv event = read_tlv(r, "content.cel");
  CelManagement out{};
  switch (event.type) {
    case kVersion: {
      out.kind = CelManagement::Kind::version;
      ByteReader version("", event.value, event.offset);
      out.major = read_integer(version, "major", read_typed(version, "major", 0));
      out.minor = read_integer(version, "minor", read_typed(version, "minor", 1));
      version.end();
      if (!version.ok()) r.fail("content.cel_version", version.error().why);
      return out;
    }
    case kFirmwareEnd:
      out.kind = CelManagement::Kind::firmware_end;
      r.require("content.firmware_end", event.value.empty(), "has a value");
      return out;
    case kTimestamp:
      out.kind = CelManagement::Kind::timestamp;
      out.value = read_integer(r, "content.cel_timestamp", event);
      return out;
    case kStateTransition:
      out.kind = CelManagement::Kind::state_transition;
      out.value = read_integer(r, "content.state_trans", event);
      r.require("content.state_trans", out.value <= 2, "not suspend, hibernate or kexec");
      return out;
    default:
      r.fail("content.cel", fmt::format("management event {} is not known", event.type));
      return out;
  }
}

PcClientContent read_pcclient(ByteReader& r) {
  const Tlv type = read_typed(r, "content.event_type", 0);
  if (r.ok() && type.value.size() > 4) r.fail("content.event_type", "wider than four bytes");
  const auto number = static_cast<std::uint32_t>(read_integer(r, "content.event_type", type));
  return {static_cast<EventType>(number), read_typed(r, "content.event_data", 1).value};
}

ImaTemplateContent read_ima_template(ByteReader& r) {
  const Bytes name = read_typed(r, "content.template_name", 0).value;
  return {as_text(name), read_typed(r, "content.template_data", 1).value};
}

/// The nested TLV is judged by formats/cos.h; here it must fill the content.
CosContent read_cos_content(ByteReader& r, Bytes value) {
  (void)read_tlv(r, "content.cos");
  return {value};
}

CelContent read_content(ByteReader& outer, CelRecord& record) {
  const std::size_t start = outer.offset();
  const Tlv tlv = read_tlv(outer, "content");
  record.content_tlv = outer.ok() ? outer.since(start) : Bytes();
  ByteReader r("", tlv.value, tlv.offset);
  CelContent out;
  switch (tlv.type) {
    case kManagement:
      out = read_management(r);
      break;
    case kPcClientStd:
      out = read_pcclient(r);
      break;
    case kImaTemplate:
      out = read_ima_template(r);
      break;
    case kCos:
      out = read_cos_content(r, tlv.value);
      break;
    default:
      outer.fail("content", fmt::format("content type {} is not known", tlv.type));
  }
  r.end();
  if (!r.ok()) outer.fail("content", r.error().why);
  return out;
}

}  // namespace

void read_cel_tlv(Bytes log, CelRecords& records) {
  ByteReader r("", log);
  while (r.more() && !records.failed()) {
    // The subject of errors names the record, so each record has a reader of its own.
    const std::string subject = fmt::format("cel.record {}", records.next());
    ByteReader reader(subject, log.subspan(r.offset()), r.offset());
    CelRecord record{};
    record.offset = r.offset();
    const Tlv recnum = read_typed(reader, "recnum", kRecnum);
    if (reader.ok() && recnum.value.size() != 8) {
      reader.fail("recnum", fmt::format("{} bytes, wanted 8", recnum.value.size()));
    }
    record.number = read_integer(reader, "recnum", recnum);
    record.where = read_register(reader);
    read_digests(reader, record);
    record.content = read_content(reader, record);
    if (!reader.ok()) return records.fail(reader.error());
    (void)r.take("record", reader.offset() - r.offset());
    records.add(record);
  }
}

}  // namespace assay
