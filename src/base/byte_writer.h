// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/check.h"

namespace assay {

/// Appends integers and bytes to a growing Buffer; the counterpart of ByteReader.
class ByteWriter {
 public:
  ByteWriter& u8(std::uint8_t v) {
    out_.push_back(v);
    return *this;
  }
  ByteWriter& u16_le(std::uint16_t v) { return little(v, 2); }
  ByteWriter& u32_le(std::uint32_t v) { return little(v, 4); }
  ByteWriter& u64_le(std::uint64_t v) { return little(v, 8); }
  ByteWriter& u16_be(std::uint16_t v) { return big(v, 2); }
  ByteWriter& u32_be(std::uint32_t v) { return big(v, 4); }
  ByteWriter& u64_be(std::uint64_t v) { return big(v, 8); }
  ByteWriter& bytes(Bytes v) {
    out_.insert(out_.end(), v.begin(), v.end());
    return *this;
  }
  /// A TPM2B: u16 big-endian length, then the bytes.
  ByteWriter& sized_be16(Bytes v) {
    ASSAY_CHECK(v.size() <= 0xFFFF);
    return u16_be(static_cast<std::uint16_t>(v.size())).bytes(v);
  }
  ByteWriter& zeros(std::size_t n) {
    out_.insert(out_.end(), n, 0);
    return *this;
  }

  [[nodiscard]] std::size_t size() const { return out_.size(); }
  [[nodiscard]] Buffer take() { return std::move(out_); }

 private:
  ByteWriter& little(std::uint64_t v, int n) {
    for (int i = 0; i < n; ++i) out_.push_back(static_cast<std::uint8_t>(v >> (8 * i)));
    return *this;
  }
  ByteWriter& big(std::uint64_t v, int n) {
    for (int i = n - 1; i >= 0; --i) out_.push_back(static_cast<std::uint8_t>(v >> (8 * i)));
    return *this;
  }
  Buffer out_;
};

}  // namespace assay
