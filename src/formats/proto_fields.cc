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
  std::optional<ProtoField> field;
  while (ok_ && !in_.empty()) {
    const std::uint32_t tag = this->tag();
    if (ok_ && type_of(tag) == kGroup) {
      skip_group(number_of(tag));
      continue;
    }
    read_value(tag, field.emplace());
    if (!ok_) field.reset();
    return field;
  }
  return field;
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

void ProtoFields::read_value(std::uint32_t tag, ProtoField& field) {
  using Type = ProtoField::Type;
  constexpr std::size_t kMostBytes = 10, kMostSizeBytes = 5;
  field.number = number_of(tag);
  switch (type_of(tag)) {
    case 0:
      field.type = Type::varint;
      field.value = varint(kMostBytes);
      break;
    case 1:
      field.type = Type::fixed64;
      field.bytes = take(8);
      break;
    case 2:
      field.type = Type::bytes;
      field.bytes = take(varint(kMostSizeBytes));
      break;
    case 5:
      field.type = Type::fixed32;
      field.bytes = take(4);
      break;
    default:
      ok_ = false;
  }
}

/// Reads over all up to the end of a group that has just begun.
void ProtoFields::skip_group(std::uint32_t number) {
  std::array<std::uint32_t, kMaxDepth> open{};
  std::size_t count = 0;
  ProtoField skipped;
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
      read_value(tag, skipped);
  }
}

}  // namespace assay
