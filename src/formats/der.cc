// SPDX-License-Identifier: Apache-2.0
#include "formats/der.h"

#include <fmt/format.h>

#include "base/byte_writer.h"
#include "base/utf8.h"

namespace assay {
namespace {

constexpr std::size_t kMaxLengthBytes = 4;

/// X.690 section 8.3.2: "the bits of the first octet and bit 8 of the second octet shall not all be
/// ones and shall not all be zero".
bool is_shortest_integer(Bytes contents) {
  if (contents.empty()) return false;
  if (contents.size() == 1) return true;
  const bool high = (contents[1] & 0x80) != 0;
  return !(contents[0] == 0x00 && !high) && !(contents[0] == 0xFF && high);
}

}  // namespace

/// X.690 sections 8.1.3 and 10.1: the definite form, "encoded in the minimum number of octets".
std::size_t DerReader::read_length(std::string_view field) {
  const std::uint8_t first = r_.u8(field);
  if (first < 0x80) return first;
  const std::size_t count = first & 0x7FU;
  r_.require(field, count != 0, "indefinite length");
  r_.require(field, count <= kMaxLengthBytes, "length of more than 4 bytes");
  std::size_t length = 0;
  for (std::size_t i = 0; r_.ok() && i < count; ++i) {
    length = length << 8 | r_.u8(field);
    r_.require(field, length != 0, "length is not in its shortest form");
  }
  r_.require(field, length >= 0x80, "length is not in its shortest form");
  return length;
}

Bytes DerReader::element(std::string_view field, std::uint8_t tag) {
  if (r_.more() && peek_tag() != tag) {
    r_.fail(field, fmt::format("tag {:#04x}, wanted {:#04x}", peek_tag(), tag));
  }
  (void)r_.u8(field);
  const std::size_t length = read_length(field);
  return r_.take(field, length);
}

std::uint64_t DerReader::unsigned_integer(std::string_view field) {
  const Bytes contents = element(field, der_tag::kInteger);
  if (!r_.ok()) return 0;
  r_.require(field, is_shortest_integer(contents), "integer is not in its shortest form");
  if (!r_.ok()) return 0;
  r_.require(field, (contents[0] & 0x80) == 0, "negative integer");
  const Bytes digits = contents[0] == 0 ? contents.subspan(1) : contents;
  r_.require(field, digits.size() <= 8, "integer of more than 64 bits");
  if (!r_.ok()) return 0;
  std::uint64_t value = 0;
  for (const std::uint8_t byte : digits) value = value << 8 | byte;
  return value;
}

bool DerReader::boolean(std::string_view field) {
  const Bytes contents = element(field, der_tag::kBoolean);
  if (!r_.ok()) return false;
  // X.690 section 11.1: TRUE is all ones.
  const bool valid = contents.size() == 1 && (contents[0] == 0x00 || contents[0] == 0xFF);
  r_.require(field, valid, "BOOLEAN is neither 0x00 nor 0xff");
  return valid && contents[0] == 0xFF;
}

std::string DerReader::utf8_string(std::string_view field) {
  const Bytes contents = element(field, der_tag::kUtf8String);
  r_.require(field, is_utf8(as_text(contents)), "not UTF-8");
  return r_.ok() ? to_text(contents) : std::string();
}

DerReader DerReader::enter(std::string_view field, std::uint8_t tag) {
  const Bytes contents = element(field, tag);
  if (!r_.ok()) return *this;
  return {subject_, contents, r_.offset() - contents.size()};
}

void DerReader::leave(DerReader& inner) {
  inner.r_.end();
  if (r_.ok() && !inner.r_.ok()) r_ = inner.r_;
}

std::uint8_t DerReader::peek_tag() const {
  return r_.more() ? in_[in_.size() - r_.remaining()] : std::uint8_t{0};
}

Buffer der_element(std::uint8_t tag, Bytes contents) {
  ByteWriter w;
  w.u8(tag);
  const std::size_t size = contents.size();
  ASSAY_CHECK(size <= 0xFFFF);
  if (size < 0x80) {
    w.u8(static_cast<std::uint8_t>(size));
  } else if (size <= 0xFF) {
    w.u8(0x81).u8(static_cast<std::uint8_t>(size));
  } else {
    w.u8(0x82).u16_be(static_cast<std::uint16_t>(size));
  }
  return w.bytes(contents).take();
}

Buffer der_integer(std::uint64_t value) {
  const Buffer wide = ByteWriter().u8(0).u64_be(value).take();
  Bytes contents = wide;
  while (contents.size() > 1 && is_shortest_integer(contents) == false)
    contents = contents.subspan(1);
  return der_element(der_tag::kInteger, contents);
}

Buffer der_utf8_string(std::string_view text) {
  return der_element(der_tag::kUtf8String, as_bytes(text));
}

}  // namespace assay
