// SPDX-License-Identifier: Apache-2.0
#include "cli/tpm_file.h"

namespace assay {

Status write_output(const std::string& name, Bytes content, FileAccess access, Io io) {
  if (name != "-") return write_file(name, content, access);
  io.out << as_text(content) << std::flush;
  if (io.out) return {};
  return fail(Fault::unavailable, "standard output", "cannot be written (is its disk full?)");
}

Io beside(const std::string& output, Io io) { return output == "-" ? Io{io.err, io.err} : io; }

Buffer public_key_file(const EnrolledKey& key, PublicKeyFormat format) {
  if (format == PublicKeyFormat::tpmt_public) return key.public_area;
  const std::string pem = key.key.pem();
  return to_buffer(as_bytes(pem));
}

Result<std::vector<TrustedKey>> read_trusted_keys(const std::vector<std::string>& files) {
  std::vector<TrustedKey> out;
  for (const std::string& name : files) {
    const auto file = read_file(name, kMaxTpmFile);
    if (!file) return pass_on(file);
    auto key = parse_trusted_key(name, *file);
    if (!key) return pass_on(key);
    out.push_back(std::move(*key));
  }
  return out;
}

}  // namespace assay
