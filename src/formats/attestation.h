// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
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
};

/// A vTPM attestation as it came: evidence, nothing in it verified.
struct Attestation {
  Buffer ak_pub;              ///< TPMT_PUBLIC; empty where a service does not send it
  std::vector<Quote> quotes;  ///< at most kMaxQuotes
  Buffer event_log;           ///< TCG log; empty where there is none
  Buffer canonical_event_log;
  Buffer ak_cert;                     ///< DER; empty where there is none
  std::vector<Buffer> intermediates;  ///< DER, at most kMaxIntermediates
  std::optional<GceInstance> claimed_instance;  ///< self-reported: never evidence
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
/// Bounds as above.  Fault::malformed.
Result<Attestation> parse_attestation(Bytes in, AttestationFormat format);
/// Writes it; what gotpm reads.
Buffer encode_attestation(const Attestation& attestation, AttestationFormat format);

/// Between the message and the value, with all bounds checked on the way in.
Result<Attestation> from_message(const attest::Attestation& message);
void to_message(const Attestation& attestation, attest::Attestation& message);

}  // namespace assay
