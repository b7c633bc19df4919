// SPDX-License-Identifier: Apache-2.0
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/stubs/logging.h>
#include <proto/attest.pb.h>

#include "attestation_property.h"

namespace assay {
namespace {

/// Google's library is the reference for what is a message and what it holds; but we do not look
/// into evidence of the CPU.
void check_as_the_library_reads(Bytes in) {
  const google::protobuf::LogSilencer silence;
  attest::Attestation message;
  google::protobuf::io::CodedInputStream stream(in.data(), static_cast<int>(in.size()));
  stream.SetRecursionLimit(32);
  const bool is_message = message.ParseFromCodedStream(&stream) && stream.ConsumedEntireMessage();
  const auto ours = parse_attestation(in, AttestationFormat::binarypb);
  if (ours && !ours->tee_evidence.empty()) return;
  const auto theirs = is_message ? from_message(message) : Result<Attestation>();
  ASSAY_CHECK(ours.has_value() == (is_message && theirs.has_value()));
  ASSAY_CHECK(!ours || *ours == *theirs);
}

}  // namespace
}  // namespace assay

void fuzz(assay::Bytes in) {
  assay::check_attestation(in, assay::AttestationFormat::binarypb);
  assay::check_as_the_library_reads(in);
}
