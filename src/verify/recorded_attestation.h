// SPDX-License-Identifier: Apache-2.0
#pragma once

// For tests only: the recorded attestation of a Google SEV VM, and what was asked of it.

#include <algorithm>
#include <optional>

#include "formats/attestation.h"
#include "formats/recorded.h"
#include "verify/vtpm.h"

namespace assay {

/// Container-Optimized OS 85 on Google's SEV, nonce 9009; nothing where there is no corpus.
inline std::optional<Attestation> recorded_attestation() {
  const auto file = corpus_file("gce-attestations/gce-cos-85-nonce9009.pb");
  if (!file) return std::nullopt;
  auto attestation = parse_attestation(*file, AttestationFormat::binarypb);
  ASSAY_CHECK(attestation.has_value());
  return std::move(*attestation);
}

inline const Buffer kRecordedNonce{0x90, 0x09};

inline Instant in_2023() { return *parse_rfc3339("test", "2023-01-01T00:00:00Z"); }

inline VtpmOutcome verify_recorded(const Attestation& attestation) {
  return authenticate_vtpm(attestation, {google_trust(), kRecordedNonce, in_2023()});
}

/// The ids of the checks that failed or could not be asked.
inline std::vector<std::string> refusals(const Verdict& verdict) {
  std::vector<std::string> out;
  for (const Check& c : verdict.checks())
    if (c.verdict == CheckVerdict::fail || c.verdict == CheckVerdict::not_checked)
      out.push_back(c.id);
  return out;
}

/// The ids of the checks that failed.
inline std::vector<std::string> failures(const Verdict& verdict) {
  std::vector<std::string> out;
  for (const Check& c : verdict.checks())
    if (c.verdict == CheckVerdict::fail) out.push_back(c.id);
  return out;
}

}  // namespace assay
