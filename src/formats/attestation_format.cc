// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <proto/attest.pb.h>

#include "formats/attestation.h"
#include "formats/attestation_parts.h"
#include "formats/proto_json.h"
#include "formats/proto_message.h"

namespace assay {
namespace {

constexpr int kMaxDepth = 32;
// Base64 makes three bytes four, octal escapes make one byte four.
constexpr std::size_t kMaxJson = kMaxAttestation / 2 * 3;
constexpr std::size_t kMaxText = kMaxAttestation * 4;

Status read_json(Bytes in, attest::Attestation& message) {
  return parse_proto_json("attestation", as_text(in), message,
                          {.bytes = kMaxJson, .depth = kMaxDepth});
}

/// The form that machines send: read without the library, which would copy every field first.
Result<Attestation> read_binary(Bytes in) {
  if (in.size() > kMaxAttestation) {
    return fail(Fault::malformed, "attestation",
                fmt::format("{} bytes, at most {} allowed", in.size(), kMaxAttestation));
  }
  const auto parts = parse_binary_attestation(in);
  if (!parts) return pass_on(parts);
  return attestation_of(*parts);
}

Status read_text(Bytes in, attest::Attestation& message) {
  return parse_proto_text("attestation", in, message, kMaxText);
}

template <class Read>
Result<Attestation> read_message(Bytes in, Read read) {
  attest::Attestation message;
  if (auto status = read(in, message); !status) return pass_on(status);
  return from_message(message);
}

std::string write(const attest::Attestation& message, AttestationFormat format) {
  switch (format) {
    case AttestationFormat::binarypb:
      return to_proto_binary(message);
    case AttestationFormat::textproto:
      return to_proto_text(message);
    case AttestationFormat::json:
      return to_proto_json(message) + "\n";
  }
  return {};
}

}  // namespace

std::optional<AttestationFormat> attestation_format(std::string_view name) {
  if (name == "binarypb") return AttestationFormat::binarypb;
  if (name == "textproto") return AttestationFormat::textproto;
  if (name == "json") return AttestationFormat::json;
  return std::nullopt;
}

Result<Attestation> parse_attestation(Bytes in, AttestationFormat format) {
  switch (format) {
    case AttestationFormat::binarypb:
      return read_binary(in);
    case AttestationFormat::textproto:
      return read_message(in, read_text);
    case AttestationFormat::json:
      return read_message(in, read_json);
  }
  return fail(Fault::internal, "attestation", "unknown format");
}

Buffer encode_attestation(const Attestation& attestation, AttestationFormat format) {
  attest::Attestation message;
  to_message(attestation, message);
  const std::string out = write(message, format);
  return to_buffer(as_bytes(out));
}

}  // namespace assay
