// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "formats/ima.h"

#include "fuzz.h"

namespace assay {

inline void check_entry(const ImaEntry& entry) {
  ASSAY_CHECK(entry.pcr <= 23);
  ASSAY_CHECK(!entry.template_name.empty());
  if (entry.kind == ImaTemplate::other) return;
  ASSAY_CHECK(!entry.file_algorithm.empty() && !entry.file_digest.empty());
  ASSAY_CHECK(entry.path.find('\0') == std::string_view::npos);
  for (const Bytes part : {as_bytes(entry.path), entry.file_digest, entry.signature, entry.buffer})
    check_inside(part, entry.template_data);
}

/// Entries tile the list, and a reader that begins between two of them reads what this one read.
inline void check_ima(ImaFormat format, Bytes in) {
  ImaReader reader(format, in);
  std::size_t end = 0;
  std::uint64_t number = 0;
  while (true) {
    const ImaPosition before = reader.position();
    if (!reader.next()) break;
    const ImaEntry& entry = reader.entry();
    ASSAY_CHECK(entry.offset == end && entry.number == number);
    check_entry(entry);
    ImaReader again(format, in, before);
    ASSAY_CHECK(again.next());
    ASSAY_CHECK(equal(again.entry().template_data, entry.template_data));
    ASSAY_CHECK(again.position() == reader.position());
    end = reader.position().offset;
    ++number;
    ASSAY_CHECK(entry.template_hash.size() == reader.position().hash_size);
  }
  ASSAY_CHECK(reader.error().has_value() == (end != in.size()));
  if (!reader.error()) return;
  ASSAY_CHECK(reader.error()->fault == Fault::malformed);
  ASSAY_CHECK(!reader.error()->where.empty() && !reader.error()->why.empty());
}

}  // namespace assay
