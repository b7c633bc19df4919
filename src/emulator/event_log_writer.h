// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "base/byte_writer.h"
#include "formats/event_log.h"

namespace assay {

/// Writes a crypto-agile TCG event log, as firmware does while it measures.  PFP 1.06 section 10.
class EventLogWriter {
 public:
  /// Begins with the Spec ID event that declares `banks`.
  explicit EventLogWriter(std::vector<HashAlgorithm> banks);

  /// An event whose digests are of `measured` and whose data is `data`.
  void measure(std::uint32_t pcr, EventType type, Bytes measured, Bytes data);
  /// An event that measures its own data.
  void measure(std::uint32_t pcr, EventType type, Bytes data) { measure(pcr, type, data, data); }

  [[nodiscard]] Buffer take() { return out_.take(); }

 private:
  std::vector<HashAlgorithm> banks_;
  ByteWriter out_;
};

}  // namespace assay
