// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "base/byte_writer.h"
#include "formats/event_log.h"

namespace assay {

/// Writes a crypto-agile TCG event log, as firmware does while it measures.  PFP 1.06 section 10.
class EventLogWriter {
 public:
  /// Begins with the Spec ID event that declares `banks`.
  explicit EventLogWriter(std::vector<HashAlgorithm> banks);

  [[nodiscard]] const std::vector<HashAlgorithm>& banks() const { return banks_; }
  /// One event with the digests that were extended, each of a declared bank, none twice.
  void append(std::uint32_t pcr, EventType type, std::span<const Digest> digests, Bytes data);

  [[nodiscard]] Buffer take() { return out_.take(); }

 private:
  std::vector<HashAlgorithm> banks_;
  ByteWriter out_;
};

}  // namespace assay
