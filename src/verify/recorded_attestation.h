// SPDX-License-Identifier: Apache-2.0
#pragma once

// For tests only: the recorded attestation of a Google SEV VM, and what was asked of it.

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "formats/attestation.h"
#include "formats/pcr_text.h"
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

/// What the recorded boots of tests/boots were asked: "lab-nonce-012345".
inline const Buffer kBootNonce = to_buffer(as_bytes("lab-nonce-012345"));

/// A boot of tests/boots ("sb"), quoted with its "rsa" or "ecc" key in three banks.  No
/// certificate.
inline Attestation recorded_boot(const std::string& boot, const std::string& key) {
  Attestation out;
  const Buffer area = boot_file(boot + "/ak" + key + ".tpm2b");
  out.ak_pub = Buffer(area.begin() + 2, area.end());
  out.event_log = boot_file(boot + "/binary_bios_measurements");
  const Buffer pcrs = boot_file(boot + "/pcrs.yaml");
  auto banks = parse_pcr_text("pcrs.yaml", as_text(pcrs)).value();
  for (PcrValues& values : banks) {
    if (values.bank == HashAlgorithm::sha512) continue;  // not quoted
    const std::string quote =
        boot + "/quote." + key + "." + std::string(name_of(values.bank)) + ".";
    out.quotes.push_back({.attest = boot_file(quote + "msg"),
                          .signature = boot_file(quote + "sig"),
                          .pcrs = std::move(values)});
  }
  return out;
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
