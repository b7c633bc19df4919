// SPDX-License-Identifier: Apache-2.0
#include "formats/event_log_writer.h"

namespace assay {
namespace {

/// TCG_EfiSpecIdEvent.  PFP 1.06 section 10.4.5.1.
Buffer spec_id(const std::vector<HashAlgorithm>& banks) {
  ByteWriter w;
  w.bytes(as_bytes(std::string_view("Spec ID Event03\0", 16)));
  w.u32_le(0).u8(0).u8(2).u8(0).u8(2);  // client platform, version 2.0 errata 0, 64 bit
  w.u32_le(static_cast<std::uint32_t>(banks.size()));
  for (const HashAlgorithm bank : banks) {
    w.u16_le(static_cast<std::uint16_t>(bank))
        .u16_le(static_cast<std::uint16_t>(digest_size(bank)));
  }
  return w.u8(0).take();  // no vendor data
}

}  // namespace

EventLogWriter::EventLogWriter(std::vector<HashAlgorithm> banks) : banks_(std::move(banks)) {
  const Buffer data = spec_id(banks_);
  out_.u32_le(0).u32_le(static_cast<std::uint32_t>(EventType::no_action)).zeros(20);
  out_.u32_le(static_cast<std::uint32_t>(data.size())).bytes(data);
}

void EventLogWriter::append(std::uint32_t pcr, EventType type, std::span<const Digest> digests,
                            Bytes data) {
  out_.u32_le(pcr).u32_le(static_cast<std::uint32_t>(type));
  out_.u32_le(static_cast<std::uint32_t>(digests.size()));
  for (const Digest& digest : digests)
    out_.u16_le(static_cast<std::uint16_t>(digest.algorithm())).bytes(digest.bytes());
  out_.u32_le(static_cast<std::uint32_t>(data.size())).bytes(data);
}

}  // namespace assay
