// SPDX-License-Identifier: Apache-2.0
#include "formats/cbor.h"

#include "fuzz.h"

namespace assay {
namespace {

void write_head(std::uint8_t major, std::uint64_t argument, Buffer& out) {
  const auto put = [&](std::uint8_t additional, int bytes) {
    out.push_back(static_cast<std::uint8_t>(major << 5 | additional));
    for (int i = bytes - 1; i >= 0; --i)
      out.push_back(static_cast<std::uint8_t>(argument >> (8 * i)));
  };
  if (argument < 24) return put(static_cast<std::uint8_t>(argument), 0);
  if (argument <= 0xFF) return put(24, 1);
  if (argument <= 0xFFFF) return put(25, 2);
  if (argument <= 0xFFFFFFFF) return put(26, 4);
  put(27, 8);
}

void write(const CborValue& v, Bytes in, Buffer& out) {
  ASSAY_CHECK(v.offset == out.size());
  switch (v.kind) {
    case CborValue::Kind::unsigned_integer:
      return write_head(0, v.number, out);
    case CborValue::Kind::negative_integer:
      return write_head(1, v.number, out);
    case CborValue::Kind::bytes:
    case CborValue::Kind::text:
      check_inside(v.bytes, in);
      write_head(v.kind == CborValue::Kind::bytes ? 2 : 3, v.bytes.size(), out);
      out.insert(out.end(), v.bytes.begin(), v.bytes.end());
      return;
    case CborValue::Kind::array:
      write_head(4, v.items.size(), out);
      break;
    case CborValue::Kind::map:
      ASSAY_CHECK(v.items.size() % 2 == 0);
      write_head(5, v.items.size() / 2, out);
      break;
    case CborValue::Kind::boolean:
      out.push_back(v.number == 1 ? 0xF5 : 0xF4);
      break;
    case CborValue::Kind::null:
      out.push_back(0xF6);
      break;
  }
  for (const CborValue& item : v.items) write(item, in, out);
}

}  // namespace
}  // namespace assay

/// A value has one spelling: what is accepted has its bytes when it is written again.
void fuzz(assay::Bytes in) {
  using namespace assay;
  const auto value = parse_cbor("cbor", in);
  if (!value) return check_explained(value);
  Buffer out;
  write(*value, in, out);
  ASSAY_CHECK(equal(out, in));
}
