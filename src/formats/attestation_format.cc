// SPDX-License-Identifier: Apache-2.0
#include <google/protobuf/arena.h>
#include <proto/attest.pb.h>

#include "formats/attestation.h"
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

Status read(Bytes in, AttestationFormat format, attest::Attestation& message) {
  switch (format) {
    case AttestationFormat::binarypb:
      return parse_proto_binary("attestation", in, message, kMaxAttestation);
    case AttestationFormat::textproto:
      return parse_proto_text("attestation", in, message, kMaxText);
    case AttestationFormat::json:
      return read_json(in, message);
  }
  return fail(Fault::internal, "attestation", "unknown format");
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
  // The message lives for these lines alone, so one block of memory serves all its parts.
  google::protobuf::Arena arena;
  auto& message = *google::protobuf::Arena::CreateMessage<attest::Attestation>(&arena);
  if (auto status = read(in, format, message); !status) return pass_on(status);
  return from_message(message);
}

Buffer encode_attestation(const Attestation& attestation, AttestationFormat format) {
  attest::Attestation message;
  to_message(attestation, message);
  const std::string out = write(message, format);
  return to_buffer(as_bytes(out));
}

}  // namespace assay
