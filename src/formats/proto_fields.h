// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace assay {

/// One field of a protobuf message in binary form.  Borrows.
struct ProtoField {
  /// How the value is written.  Groups are never seen: no message of ours has one.
  enum class Type : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };
  std::uint32_t number = 0;
  Type type = Type::varint;
  std::uint64_t value = 0;  ///< of a varint
  Bytes bytes;              ///< of the other types

  /// A field that is declared with this number, as a type that is written this way.
  [[nodiscard]] bool is(std::uint32_t declared, Type as) const {
    return number == declared && type == as;
  }
};

/// Reads a protobuf message in binary form, field by field: no allocation, and nothing is copied.
/// What is a message and what is none, it decides as Google's library does: overlong numbers are
/// taken, bits beyond 64 are dropped, groups are read over, messages and groups nest 32 deep.
/// https://protobuf.dev/programming-guides/encoding
class ProtoFields {
 public:
  explicit ProtoFields(Bytes message) : in_(message) {}

  /// The next field; nothing at the end, and where no field can be read.
  std::optional<ProtoField> next();
  /// Whether everything read so far was well-formed.
  [[nodiscard]] bool ok() const { return ok_; }
  /// The fields of the message that is one of this message's fields.
  [[nodiscard]] ProtoFields inside(const ProtoField& field) const {
    ProtoFields out(field.bytes);
    out.depth_ = depth_ + 1;
    return out;
  }

 private:
  std::uint64_t varint(std::size_t most_bytes);
  std::uint32_t tag();
  Bytes take(std::uint64_t size);
  /// Reads into `field`: put together elsewhere and copied, a field would cost twice as much.
  void read_value(std::uint32_t tag, ProtoField& field);
  void skip_group(std::uint32_t number);

  Bytes in_;  ///< what is left
  std::size_t depth_ = 0;
  bool ok_ = true;
};

}  // namespace assay
