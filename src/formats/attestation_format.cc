// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <google/protobuf/arena.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/stubs/logging.h>
#include <google/protobuf/text_format.h>
#include <proto/attest.pb.h>

#include "base/check.h"
#include "formats/attestation.h"
#include "formats/proto_json.h"

namespace assay {
namespace {

constexpr int kMaxDepth = 32;
// Base64 makes three bytes four, octal escapes make one byte four.
constexpr std::size_t kMaxJson = kMaxAttestation / 2 * 3;
constexpr std::size_t kMaxText = kMaxAttestation * 4;

/// Keeps the first complaint of protobuf's text parser; it would print them otherwise.
class FirstComplaint final : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (text_.empty()) text_ = fmt::format("line {}, column {}: {}", line + 1, column + 1, message);
  }
  [[nodiscard]] std::string text() const { return text_.empty() ? "not text format" : text_; }

 private:
  std::string text_;
};

Status check_size(Bytes in, std::size_t max) {
  if (in.size() <= max) return {};
  return fail(Fault::malformed, "attestation",
              fmt::format("{} bytes, at most {} allowed", in.size(), max));
}

Status read_binary(Bytes in, attest::Attestation& message) {
  if (auto status = check_size(in, kMaxAttestation); !status) return status;
  const google::protobuf::LogSilencer silence;
  google::protobuf::io::CodedInputStream stream(in.data(), static_cast<int>(in.size()));
  stream.SetRecursionLimit(kMaxDepth);
  if (message.ParseFromCodedStream(&stream) && stream.ConsumedEntireMessage()) return {};
  return fail(Fault::malformed, "attestation", "not a protobuf message of type attest.Attestation");
}

Status read_text(Bytes in, attest::Attestation& message) {
  if (auto status = check_size(in, kMaxText); !status) return status;
  FirstComplaint complaint;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&complaint);
  parser.SetRecursionLimit(kMaxDepth);
  const google::protobuf::LogSilencer silence;
  google::protobuf::io::ArrayInputStream stream(in.data(), static_cast<int>(in.size()));
  if (parser.Parse(&stream, &message)) return {};
  return fail(Fault::malformed, "attestation", complaint.text());
}

Status read_json(Bytes in, attest::Attestation& message) {
  return parse_proto_json("attestation", as_text(in), message,
                          {.bytes = kMaxJson, .depth = kMaxDepth});
}

Status read(Bytes in, AttestationFormat format, attest::Attestation& message) {
  switch (format) {
    case AttestationFormat::binarypb:
      return read_binary(in, message);
    case AttestationFormat::textproto:
      return read_text(in, message);
    case AttestationFormat::json:
      return read_json(in, message);
  }
  return fail(Fault::internal, "attestation", "unknown format");
}

/// Map entries in the order of their keys, so that equal values have equal bytes.
std::string binary(const attest::Attestation& message) {
  std::string out;
  google::protobuf::io::StringOutputStream stream(&out);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  ASSAY_CHECK(message.SerializeToCodedStream(&coded));
  coded.Trim();
  return out;
}

std::string text(const attest::Attestation& message) {
  std::string out;
  google::protobuf::TextFormat::PrintToString(message, &out);
  return out;
}

std::string write(const attest::Attestation& message, AttestationFormat format) {
  switch (format) {
    case AttestationFormat::binarypb:
      return binary(message);
    case AttestationFormat::textproto:
      return text(message);
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
