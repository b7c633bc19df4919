// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "formats/attestation.h"
#include "fuzz.h"

namespace assay {

/// An attestation is refused with a reason, or keeps to its bounds and comes back equal from each
/// format it is written in.
inline void check_attestation(Bytes in, AttestationFormat format) {
  auto read = parse_attestation(in, format);
  if (!read) return check_explained(read);
  ASSAY_CHECK(read->quotes.size() <= kMaxQuotes);
  ASSAY_CHECK(read->intermediates.size() <= kMaxIntermediates);
  ASSAY_CHECK(read->event_log.size() <= kMaxEventLog);
  read->tee_evidence.clear();  // not written
  for (const auto to :
       {AttestationFormat::binarypb, AttestationFormat::textproto, AttestationFormat::json}) {
    const auto again = parse_attestation(encode_attestation(*read, to), to);
    ASSAY_CHECK(again && *again == *read);
  }
}

}  // namespace assay
