// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "formats/cel.h"

#include "fuzz.h"

namespace assay {

/// What holds of every record that a reader keeps, whether or not the log ends well.
inline void check_record(const CelRecord& record, const CelRecord& first, std::size_t number,
                         CelEncoding encoding, Bytes in) {
  ASSAY_CHECK(record.number == number);
  ASSAY_CHECK(record.offset < in.size());
  ASSAY_CHECK(encoding == CelEncoding::systemd || record.where.kind == first.where.kind);
  ASSAY_CHECK(record.digest_count >= 1 && record.digest_count <= Event::kMaxBanks);
  for (std::size_t i = 0; i < record.digest_count; ++i) {
    const EventDigest& digest = record.digests[i];
    ASSAY_CHECK(digest.bytes.size() == digest_size(digest.algorithm));
    ASSAY_CHECK(record.digest(digest.algorithm)->data() == digest.bytes.data());
    if (encoding == CelEncoding::tlv || encoding == CelEncoding::cbor)
      check_inside(digest.bytes, in);
  }
  ASSAY_CHECK(record.content_tlv.empty() == (encoding != CelEncoding::tlv));
  check_inside(record.content_tlv, in);
  ASSAY_CHECK(!to_string(record.where).empty());
  (void)name_of(record.content);
}

/// A log is read to its end, or to a record that is refused with a reason; those before it hold.
inline void check_cel(CelEncoding encoding, Bytes in) {
  const CelReading reading = read_cel(encoding, in);
  const auto& records = reading.log.records;
  std::size_t last = 0;
  for (std::size_t i = 0; i < records.size(); ++i) {
    check_record(records[i], records[0], i, encoding, in);
    ASSAY_CHECK(i == 0 || records[i].offset > last);
    last = records[i].offset;
  }
  const auto parsed = parse_cel(encoding, in);
  ASSAY_CHECK(parsed.has_value() == !reading.error.has_value());
  if (!parsed) return check_explained(parsed);
  ASSAY_CHECK(!records.empty());
}

}  // namespace assay
