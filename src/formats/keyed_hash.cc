// SPDX-License-Identifier: Apache-2.0
#include "formats/keyed_hash.h"

#include "base/byte_writer.h"
#include "base/hash_algorithm.h"
#include "formats/tpm.h"

namespace assay {

Buffer hmac_key_public(Bytes unique) {
  constexpr auto kSha256 = static_cast<std::uint16_t>(HashAlgorithm::sha256);
  constexpr std::uint32_t kAttributes = 0x00050440;
  return ByteWriter()
      .u16_be(tpm_alg::kKeyedHash)
      .u16_be(kSha256)
      .u32_be(kAttributes)
      .sized_be16({})  // authPolicy
      .u16_be(tpm_alg::kHmac)
      .u16_be(kSha256)
      .sized_be16(unique)
      .take();
}

Secret keyed_hash_sensitive(Bytes seed, Bytes key) {
  const Secret area(ByteWriter()
                        .u16_be(tpm_alg::kKeyedHash)
                        .sized_be16({})  // authValue
                        .sized_be16(seed)
                        .sized_be16(key)
                        .take());
  return Secret(ByteWriter().sized_be16(area.reveal()).take());
}

}  // namespace assay
