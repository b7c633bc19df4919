// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "formats/gce_instance.h"
#include "formats/pcr.h"

namespace attest {
class Attestation;
}

namespace assay {

/// One quote and the PCR values it is said to cover.
struct Quote {
  Buffer attest;     ///< TPMS_ATTEST
  Buffer signature;  ///< TPMT_SIGNATURE
  PcrValues pcrs;
  bool operator==(const Quote&) const = default;
};

/// A vTPM attestation as it came: evidence, nothing in it verified.
struct Attestation {
  Buffer ak_pub;              ///< TPMT_PUBLIC; empty where a service does not send it
  std::vector<Quote> quotes;  ///< at most kMaxQuotes
  Buffer event_log;           ///< TCG log; empty where there is none
  Buffer canonical_event_log;
  Buffer ak_cert;                               ///< DER; empty where there is none
  std::vector<Buffer> intermediates;            ///< DER, at most kMaxIntermediates
  std::optional<GceInstance> claimed_instance;  ///< self-reported: never evidence
  /// "sev_snp_attestation" or "tdx_attestation" where the message carries one: it is not read here,
  /// and whoever judges the rest must not take it for absent.
  std::string tee_evidence;
  bool operator==(const Attestation&) const = default;
};

inline constexpr std::size_t kMaxQuotes = 8;
inline constexpr std::size_t kMaxIntermediates = 8;
inline constexpr std::size_t kMaxEventLog = 4 * 1024 * 1024;
inline constexpr std::size_t kMaxAttestation = 8 * 1024 * 1024;

enum class AttestationFormat { binarypb, textproto, json };
/// "binarypb", "textproto", "json".
std::optional<AttestationFormat> attestation_format(std::string_view name);

/// Reads go-tpm-tools' `attest.Attestation`: protobuf binary, text format, or proto3 JSON (strict:
/// no member twice, depth 32).  Unknown fields are refused in text and JSON, read over in binary.
/// Bounds as above; the same content may take 1.5 times as many bytes in JSON and four times as
/// many in text.  Fault::malformed.
Result<Attestation> parse_attestation(Bytes in, AttestationFormat format);
/// Writes it, equal values as equal bytes; what gotpm reads.  `tee_evidence` is not written.
Buffer encode_attestation(const Attestation& attestation, AttestationFormat format);

/// Between the message and the value, with all bounds checked on the way in.
Result<Attestation> from_message(const attest::Attestation& message);
void to_message(const Attestation& attestation, attest::Attestation& message);

}  // namespace assay
