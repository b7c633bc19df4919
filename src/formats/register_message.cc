// SPDX-License-Identifier: Apache-2.0
#include "formats/register_message.h"

#include <fmt/format.h>
#include <proto/tpm.pb.h>

#include "formats/proto_message.h"

namespace assay {
namespace {

constexpr std::size_t kMaxMessage = 64 * 1024;

/// Both messages begin with field 1, of bytes, in the order in which protobuf writes: with the key
/// 0x0A.  Text begins with a field's name, a comment or blanks; it may well read as a binary
/// message of unknown fields, so only what begins with that key is tried as one.
Status parse_either(std::string_view where, Bytes in, google::protobuf::Message& out) {
  if (!in.empty() && in.front() == 0x0A &&
      parse_proto_binary(where, in, out, kMaxMessage).has_value())
    return {};
  out.Clear();
  if (const Status text = parse_proto_text(where, in, out, kMaxMessage); text) return text;
  return fail(Fault::malformed, std::string(where),
              fmt::format("{} bytes are no {}, neither as binarypb nor as textproto", in.size(),
                          out.GetTypeName()));
}

Status take(std::string_view where, const std::string& field, Buffer& into) {
  if (field.empty() || field.size() > kMaxRegisterPart)
    return fail(Fault::malformed, std::string(where),
                fmt::format("{} bytes, wanted 1 to {}", field.size(), kMaxRegisterPart));
  into = to_buffer(as_bytes(field));
  return {};
}

Buffer encode(const google::protobuf::Message& message, RegisterFormat format) {
  const std::string out =
      format == RegisterFormat::binarypb ? to_proto_binary(message) : to_proto_text(message);
  return to_buffer(as_bytes(out));
}

}  // namespace

Result<ImportBlob> parse_import_blob(Bytes in) {
  tpm::ImportBlob message;
  if (const Status read = parse_either("import_blob", in, message); !read) return pass_on(read);
  if (message.has_pcrs())
    return fail(Fault::malformed, "import_blob.pcrs", "a challenge asks for no PCRs");
  ImportBlob out;
  if (const Status got = take("import_blob.duplicate", message.duplicate(), out.duplicate); !got)
    return pass_on(got);
  if (const Status got =
          take("import_blob.encrypted_seed", message.encrypted_seed(), out.encrypted_seed);
      !got)
    return pass_on(got);
  if (const Status got = take("import_blob.public_area", message.public_area(), out.public_area);
      !got)
    return pass_on(got);
  return out;
}

Result<CertifiedBlob> parse_certified_blob(Bytes in) {
  tpm::CertifiedBlob message;
  if (const Status read = parse_either("certified_blob", in, message); !read) return pass_on(read);
  CertifiedBlob out;
  if (const Status got = take("certified_blob.pub_area", message.pub_area(), out.public_area); !got)
    return pass_on(got);
  if (const Status got = take("certified_blob.certify_info", message.certify_info(), out.attest);
      !got)
    return pass_on(got);
  if (const Status got = take("certified_blob.raw_sig", message.raw_sig(), out.signature); !got)
    return pass_on(got);
  return out;
}

Buffer encode_import_blob(const ImportBlob& blob, RegisterFormat format) {
  tpm::ImportBlob message;
  message.set_duplicate(to_text(blob.duplicate));
  message.set_encrypted_seed(to_text(blob.encrypted_seed));
  message.set_public_area(to_text(blob.public_area));
  return encode(message, format);
}

Buffer encode_certified_blob(const CertifiedBlob& blob, RegisterFormat format) {
  tpm::CertifiedBlob message;
  message.set_pub_area(to_text(blob.public_area));
  message.set_certify_info(to_text(blob.attest));
  message.set_raw_sig(to_text(blob.signature));
  return encode(message, format);
}

}  // namespace assay
