// SPDX-License-Identifier: Apache-2.0
#include "formats/log_kind.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/byte_reader.h"
#include "formats/cel.h"
#include "formats/event_log.h"
#include "formats/ima.h"

namespace assay {
namespace {

constexpr std::string_view kSpecId{"Spec ID Event03\0", 16};

/// The first record of every firmware log.  PFP 1.06, 10.2.1.
struct FirstRecord {
  std::uint32_t pcr = 0, type = 0, size = 0;
  bool whole = false;
  Bytes data;
};

FirstRecord first_record(Bytes log) {
  ByteReader r("log", log);
  FirstRecord out;
  out.pcr = r.u32_le("pcr");
  out.type = r.u32_le("type");
  (void)r.take("digest", 20);
  out.size = r.u32_le("size");
  out.data = r.take("data", out.size);
  out.whole = r.ok();
  return out;
}

bool begins_crypto_agile(const FirstRecord& first) {
  return first.type == static_cast<std::uint32_t>(EventType::no_action) &&
         first.data.size() >= kSpecId.size() &&
         as_text(first.data.first(kSpecId.size())) == kSpecId;
}

/// A legacy log has no mark of its own: any record of a known type that fits is the beginning.
bool begins_legacy(const FirstRecord& first) {
  const auto type = static_cast<EventType>(first.type);
  return first.whole && is_known(type) && !begins_crypto_agile(first) &&
         (first.pcr <= 23 || (first.pcr == Event::kNoPcr && type == EventType::no_action));
}

/// RECNUM of 8 bytes, then a register of one or four.
bool begins_cel_tlv(Bytes log) {
  ByteReader r("log", log);
  const bool recnum = r.u8("type") == 0 && r.u32_be("length") == 8;
  (void)r.take("recnum", 8);
  const std::uint8_t type = r.u8("type");
  const std::uint32_t size = r.u32_be("length");
  return r.ok() && recnum && (type == 1 || type == 2 || type == 108) && (size == 1 || size == 4);
}

/// An array of objects.
bool begins_cel_json(Bytes log) {
  const std::string_view text = as_text(log);
  const std::size_t open = text.find_first_not_of(" \t\r\n");
  if (open == std::string_view::npos || text[open] != '[') return false;
  const std::size_t next = text.find_first_not_of(" \t\r\n", open + 1);
  return next != std::string_view::npos && text[next] == '{';
}

/// An array whose first item is a map.  RFC 8949 section 3.1.
bool begins_cel_cbor(Bytes log) {
  if (log.empty() || log[0] >> 5 != 4) return false;
  const std::uint8_t additional = log[0] & 0x1F;
  if (additional > 27) return false;
  const std::size_t head = additional < 24 ? 1 : 1 + (std::size_t{1} << (additional - 24));
  return log.size() > head && log[head] >> 5 == 5;
}

bool reads_as_legacy(Bytes log) { return parse_event_log(log).has_value(); }

}  // namespace

std::string_view name_of(LogKind kind) {
  switch (kind) {
    case LogKind::crypto_agile:
    case LogKind::ccel:
      return "crypto-agile";
    case LogKind::sha1_legacy:
      return "sha1-legacy";
    case LogKind::cel_tlv:
      return "cel-tlv";
    case LogKind::cel_json:
      return "cel-json";
    case LogKind::cel_cbor:
      return "cel-cbor";
    case LogKind::ima_binary:
      return "ima-binary";
    case LogKind::ima_ascii:
      return "ima-ascii";
    case LogKind::systemd:
      return "systemd";
  }
  return "unknown";
}

Result<LogKind> recognise_log(Bytes log) {
  if (log.empty()) return fail(Fault::malformed, "log", "empty");
  const FirstRecord first = first_record(log);
  std::vector<LogKind> kinds;
  if (begins_crypto_agile(first))
    kinds.push_back(read_event_log(log).log.layout == RegisterLayout::cc ? LogKind::ccel
                                                                         : LogKind::crypto_agile);
  if (begins_cel_tlv(log)) kinds.push_back(LogKind::cel_tlv);
  if (begins_cel_json(log)) kinds.push_back(LogKind::cel_json);
  if (begins_cel_cbor(log)) kinds.push_back(LogKind::cel_cbor);
  if (begins_ima_binary(log)) kinds.push_back(LogKind::ima_binary);
  if (begins_ima_ascii(log)) kinds.push_back(LogKind::ima_ascii);
  if (log[0] == 0x1E) kinds.push_back(LogKind::systemd);
  // Where another kind has its mark, a legacy log is one only if all of it reads as one.
  if (begins_legacy(first) && (kinds.empty() || reads_as_legacy(log)))
    kinds.push_back(LogKind::sha1_legacy);
  if (kinds.size() == 1) return kinds.front();
  if (kinds.empty())
    return fail(Fault::malformed, "log",
                "of no kind that is known: wanted a TCG, CCEL, CEL, IMA or systemd log");
  return fail(Fault::malformed, "log",
              fmt::format("could be {} as well as {}", name_of(kinds[0]), name_of(kinds[1])));
}

}  // namespace assay
