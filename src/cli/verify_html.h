// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "cli/io.h"
#include "cli/verify.h"
#include "formats/attestation.h"
#include "verify/vtpm.h"

namespace assay {

/// What was judged, for the report about it.
struct JudgedEvidence {
  Bytes evidence;  ///< as read
  Bytes nonce;
  Instant now;
  std::size_t anchor_count;             ///< CA keys that were trusted
  std::optional<Bytes> ima_list;        ///< as read, if one was named
  std::vector<std::string> open_areas;  ///< of which the policy asks nothing
  const Result<Attestation>& attestation;
  const VtpmOutcome& outcome;
};

/// Writes the report that `options.html` asks for, "-" to `io.out`, if it asks
/// for one.  The error's exit code where it
/// cannot be written.
std::optional<int> write_html_report(const VerifyOptions& options, const JudgedEvidence& judged,
                                     Io io);

}  // namespace assay
