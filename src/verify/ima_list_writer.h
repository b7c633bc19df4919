// SPDX-License-Identifier: Apache-2.0
#pragma once

// For tests only: IMA measurement lists, and the registers that they end at, computed step by step
// from the kernel's rule (Linux, security/IMA-templates and security/integrity/ima).

#include <string>
#include <vector>

#include "base/byte_writer.h"
#include "crypto/hash.h"
#include "formats/pcr.h"

namespace assay {

/// An entry of ima-ng with a SHA-256 digest.
struct ImaLine {
  std::string path;
  bool violation = false;
  unsigned pcr = 10;
  std::string file_digest = std::string(32, 'd');
};

inline Buffer ima_template_data(const ImaLine& line) {
  const std::string digest = std::string("sha256:") + '\0' + line.file_digest;
  return ByteWriter()
      .u32_le(static_cast<std::uint32_t>(digest.size()))
      .bytes(as_bytes(digest))
      .u32_le(static_cast<std::uint32_t>(line.path.size() + 1))
      .bytes(as_bytes(line.path))
      .u8(0)
      .take();
}

/// binary_runtime_measurements.
inline Buffer ima_binary_list(const std::vector<ImaLine>& lines) {
  ByteWriter out;
  for (const ImaLine& line : lines) {
    const Buffer data = ima_template_data(line);
    const Digest sha1 =
        line.violation ? Digest(HashAlgorithm::sha1) : hash(HashAlgorithm::sha1, data);
    out.u32_le(line.pcr).bytes(sha1.bytes()).u32_le(6).bytes(as_bytes("ima-ng"));
    out.u32_le(static_cast<std::uint32_t>(data.size())).bytes(data);
  }
  return out.take();
}

/// Of Linux 5.8 and newer; and before, which extends SHA-1 hashes with zeros behind them.
enum class ImaKernel { newer, older };

/// The registers of three banks behind the first `count` entries, from zero.
inline std::vector<PcrValues> pcrs_after(const std::vector<ImaLine>& lines, std::size_t count,
                                         ImaKernel kernel = ImaKernel::newer) {
  std::vector<PcrValues> out;
  for (const HashAlgorithm bank :
       {HashAlgorithm::sha1, HashAlgorithm::sha256, HashAlgorithm::sha384}) {
    PcrValues values{bank, {}};
    for (auto& value : values.values) value = Digest(bank);
    for (std::size_t i = 0; i < count; ++i) {
      const Buffer data = ima_template_data(lines[i]);
      Buffer with = to_buffer(hash(bank, data).bytes());
      if (kernel == ImaKernel::older) {
        with = to_buffer(hash(HashAlgorithm::sha1, data).bytes());
        with.resize(digest_size(bank), 0);
      }
      if (lines[i].violation) with.assign(digest_size(bank), 0xFF);
      auto& value = values.values[lines[i].pcr];
      Buffer both = to_buffer(value->bytes());
      both.insert(both.end(), with.begin(), with.end());
      value = hash(bank, both);
    }
    out.push_back(values);
  }
  return out;
}

}  // namespace assay
