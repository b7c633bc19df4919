// SPDX-License-Identifier: Apache-2.0
#include "formats/proto_fields.h"

#include <array>

namespace assay {
namespace {

constexpr std::size_t kMaxDepth = 32;
constexpr std::uint32_t kGroup = 3, kGroupEnd = 4;

constexpr std::uint32_t type_of(std::uint32_t tag) { return tag & 7; }
constexpr std::uint32_t number_of(std::uint32_t tag) { return tag >> 3; }

}  // namespace

std::optional<ProtoField> ProtoFields::next() {
  while (ok_ && !in_.empty()) {
    const std::uint32_t tag = this->tag();
    if (ok_ && type_of(tag) == kGroup) {
      skip_group(number_of(tag));
      continue;
    }
    const ProtoField field = value_of(tag);
    if (ok_) return field;
  }
  return std::nullopt;
}

/// Seven bits in each byte, the lowest first; all but the last have the eighth set.
std::uint64_t ProtoFields::varint(std::size_t most_bytes) {
  if (!in_.empty() && in_[0] < 0x80) {  // as most are
    const std::uint64_t value = in_[0];
    in_ = in_.subspan(1);
    return value;
  }
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < most_bytes && i < in_.size(); ++i) {
    value |= std::uint64_t{in_[i] & 0x7FU} << 7 * i;
    if (in_[i] >= 0x80) continue;
    in_ = in_.subspan(i + 1);
    return value;
  }
  ok_ = false;
  return 0;
}

/// A field's number and type, in at most five bytes of which 32 bits count.
std::uint32_t ProtoFields::tag() {
  constexpr std::size_t kMostBytes = 5;
  const auto tag = static_cast<std::uint32_t>(varint(kMostBytes));
  if (number_of(tag) == 0) ok_ = false;
  return tag;
}

Bytes ProtoFields::take(std::uint64_t size) {
  if (!ok_ || size > in_.size()) {
    ok_ = false;
    return {};
  }
  const Bytes out = in_.first(size);
  in_ = in_.subspan(size);
  return out;
}

ProtoField ProtoFields::value_of(std::uint32_t tag) {
  using Type = ProtoField::Type;
  constexpr std::size_t kMostBytes = 10, kMostSizeBytes = 5;
  const std::uint32_t number = number_of(tag);
  switch (type_of(tag)) {
    case 0:
      return {number, Type::varint, varint(kMostBytes), {}};
    case 1:
      return {number, Type::fixed64, 0, take(8)};
    case 2:
      return {number, Type::bytes, 0, take(varint(kMostSizeBytes))};
    case 5:
      return {number, Type::fixed32, 0, take(4)};
    default:
      ok_ = false;
      return {};
  }
}

/// Reads over all up to the end of a group that has just begun.
void ProtoFields::skip_group(std::uint32_t number) {
  std::array<std::uint32_t, kMaxDepth> open{};
  std::size_t count = 0;
  const auto begin = [&](std::uint32_t group) {
    if (depth_ + count < kMaxDepth)
      open[count++] = group;
    else
      ok_ = false;
  };
  begin(number);
  while (ok_ && count > 0) {
    const std::uint32_t tag = this->tag();
    if (type_of(tag) == kGroup)
      begin(number_of(tag));
    else if (type_of(tag) == kGroupEnd)
      ok_ = ok_ && open[--count] == number_of(tag);
    else
      (void)value_of(tag);
  }
}

}  // namespace assay
