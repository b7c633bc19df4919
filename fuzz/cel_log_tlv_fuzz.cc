// SPDX-License-Identifier: Apache-2.0
#include "cel_log_property.h"

/// In TLV the records tile the log, too: each ends with its content.
void fuzz(assay::Bytes in) {
  using namespace assay;
  check_cel(CelEncoding::tlv, in);
  const CelReading reading = read_cel(CelEncoding::tlv, in);
  const auto& records = reading.log.records;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const Bytes content = records[i].content_tlv;
    const auto end = static_cast<std::size_t>(content.data() - in.data()) + content.size();
    const bool last = i + 1 == records.size();
    if (!last) ASSAY_CHECK(end == records[i + 1].offset);
    if (last && !reading.error) ASSAY_CHECK(end == in.size());
  }
}
