// SPDX-License-Identifier: Apache-2.0
#include "collect/tpm_channel.h"

#include <fmt/format.h>

#include "base/byte_reader.h"

namespace assay {

std::uint32_t response_code(Bytes response) {
  constexpr std::uint32_t kFailure = 0x101;
  ByteReader r("tpm_response", response);
  static_cast<void>(r.u16_be("tag"));
  static_cast<void>(r.u32_be("size"));
  const std::uint32_t code = r.u32_be("code");
  return r.ok() ? code : kFailure;
}

Result<std::size_t> declared_size(Bytes header) {
  ByteReader r("tpm_message", header);
  static_cast<void>(r.u16_be("tag"));
  const std::size_t size = r.u32_be("size");
  r.require("size", size >= kTpmHeaderSize && size <= kMaxTpmMessage,
            "must be between 10 and 4096 bytes");
  return r.finish_prefix(size);
}

}  // namespace assay
