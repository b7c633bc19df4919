// SPDX-License-Identifier: Apache-2.0
#include "formats/proto_message.h"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/message.h>
#include <google/protobuf/stubs/logging.h>
#include <google/protobuf/text_format.h>

#include "base/check.h"

namespace assay {
namespace {

constexpr int kMaxDepth = 32;

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

Status check_size(std::string_view where, Bytes in, std::size_t max) {
  if (in.size() <= max) return {};
  return fail(Fault::malformed, std::string(where),
              fmt::format("{} bytes, at most {} allowed", in.size(), max));
}

}  // namespace

Status parse_proto_binary(std::string_view where, Bytes in, google::protobuf::Message& out,
                          std::size_t max) {
  if (auto status = check_size(where, in, max); !status) return status;
  const google::protobuf::LogSilencer silence;
  google::protobuf::io::CodedInputStream stream(in.data(), static_cast<int>(in.size()));
  stream.SetRecursionLimit(kMaxDepth);
  if (out.ParseFromCodedStream(&stream) && stream.ConsumedEntireMessage()) return {};
  return fail(Fault::malformed, std::string(where),
              "not a protobuf message of type " + out.GetTypeName());
}

Status parse_proto_text(std::string_view where, Bytes in, google::protobuf::Message& out,
                        std::size_t max) {
  if (auto status = check_size(where, in, max); !status) return status;
  FirstComplaint complaint;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&complaint);
  parser.SetRecursionLimit(kMaxDepth);
  const google::protobuf::LogSilencer silence;
  google::protobuf::io::ArrayInputStream stream(in.data(), static_cast<int>(in.size()));
  if (parser.Parse(&stream, &out)) return {};
  return fail(Fault::malformed, std::string(where), complaint.text());
}

std::string to_proto_binary(const google::protobuf::Message& message) {
  std::string out;
  google::protobuf::io::StringOutputStream stream(&out);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  ASSAY_CHECK(message.SerializeToCodedStream(&coded));
  coded.Trim();
  return out;
}

std::string to_proto_text(const google::protobuf::Message& message) {
  std::string out;
  google::protobuf::TextFormat::PrintToString(message, &out);
  return out;
}

}  // namespace assay
