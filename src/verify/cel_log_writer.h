// SPDX-License-Identifier: Apache-2.0
#pragma once

// For tests only: canonical logs of COS events.

#include <string_view>
#include <vector>

#include "base/byte_writer.h"
#include "crypto/hash.h"
#include "formats/cos.h"

namespace assay {

/// Which digests of a record are not of its content.
enum class Forge { nothing, one_bank, all_banks };

struct CosRecord {
  CosEventType type;
  std::string_view content;
  std::uint8_t pcr = 13;
  Forge forge = Forge::nothing;
};

/// A log in TLV with digests of SHA-1 and SHA-256, numbered from 0.
inline Buffer cos_log(const std::vector<CosRecord>& records) {
  const auto tlv = [](std::uint8_t type, Bytes value) {
    return ByteWriter()
        .u8(type)
        .u32_be(static_cast<std::uint32_t>(value.size()))
        .bytes(value)
        .take();
  };
  ByteWriter out;
  std::uint64_t number = 0;
  for (const CosRecord& record : records) {
    const Buffer content =
        tlv(80, tlv(static_cast<std::uint8_t>(record.type), as_bytes(record.content)));
    Digest sha1 = hash(HashAlgorithm::sha1, content);
    Digest sha256 = hash(HashAlgorithm::sha256, content);
    if (record.forge != Forge::nothing) sha1.writable()[0] ^= 1;
    if (record.forge == Forge::all_banks) sha256.writable()[0] ^= 1;
    const Buffer digests =
        ByteWriter().bytes(tlv(4, sha1.bytes())).bytes(tlv(11, sha256.bytes())).take();
    out.bytes(tlv(0, ByteWriter().u64_be(number++).take()))
        .bytes(tlv(1, Buffer{record.pcr}))
        .bytes(tlv(3, digests))
        .bytes(content);
  }
  return out.take();
}

}  // namespace assay
