// SPDX-License-Identifier: Apache-2.0
#include "base/byte_reader.h"

#include <fmt/format.h>

#include "base/counted.h"

namespace assay {

Bytes ByteReader::lack(std::string_view field, std::uint64_t size) {
  if (!error_)
    fail(field, fmt::format("need {}, {} remain", counted(size, "byte"), in_.size() - at_));
  return {};
}

Bytes ByteReader::sized_be16(std::string_view field, std::size_t max) {
  const std::size_t size = u16_be(field);
  if (size > max) {
    fail(field, fmt::format("{} bytes declared, at most {} allowed", size, max));
    return {};
  }
  return take(field, size);
}

void ByteReader::zeros(std::string_view field, std::size_t size) {
  const std::size_t start = at_;
  const Bytes bytes = take(field, size);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] == 0) continue;
    at_ = start + i;
    fail(field, "reserved byte is not zero");
    return;
  }
}

void ByteReader::fail(std::string_view field, std::string why) {
  if (error_) return;
  error_ = Error{Fault::malformed, fmt::format("{}.{}@{:#x}", subject_, field, base_ + at_),
                 std::move(why)};
}

void ByteReader::end() {
  if (more()) fail("end", fmt::format("{} trailing bytes", in_.size() - at_));
}

}  // namespace assay
