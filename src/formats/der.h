// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/byte_reader.h"
#include "base/bytes.h"
#include "base/result.h"

namespace assay {

/// Identifier octets of the DER elements used here; X.690 section 8.1.2, tag numbers up to 30.
namespace der_tag {
inline constexpr std::uint8_t kBoolean = 0x01;
inline constexpr std::uint8_t kInteger = 0x02;
inline constexpr std::uint8_t kUtf8String = 0x0C;
inline constexpr std::uint8_t kSequence = 0x30;
/// [n] EXPLICIT.
constexpr std::uint8_t context(unsigned n) { return static_cast<std::uint8_t>(0xA0U | n); }
}  // namespace der_tag

/// Reads DER element by element (X.690 sections 8, 10 and 11), strictly: definite lengths in their
/// shortest form, shortest integers, BOOLEAN 0x00 or 0xFF, valid UTF-8.  It remembers its first
/// failure as ByteReader does; what it yields after one is zero or empty.
///
///     DerReader outer("pair", in);
///     DerReader pair = outer.enter("pair", der_tag::kSequence);
///     value.number = pair.unsigned_integer("number");
///     outer.leave(pair);  // fails on what pair failed on, and on what it left unread
///     return outer.finish(value);
class DerReader {
 public:
  /// `subject` names the structure in errors.
  DerReader(std::string_view subject, Bytes in) : DerReader(subject, in, 0) {}

  /// INTEGER from 0 to 2^64 - 1; a negative one is refused.
  [[nodiscard]] std::uint64_t unsigned_integer(std::string_view field);
  [[nodiscard]] bool boolean(std::string_view field);
  [[nodiscard]] std::string utf8_string(std::string_view field);
  /// The contents of the next element, which must have `tag`.
  [[nodiscard]] Bytes element(std::string_view field, std::uint8_t tag);

  /// A reader of the next element's contents; hand it back to leave().
  [[nodiscard]] DerReader enter(std::string_view field, std::uint8_t tag);
  void leave(DerReader& inner);

  /// The tag of the next element, 0 where there is none.
  [[nodiscard]] std::uint8_t peek_tag() const;
  [[nodiscard]] bool more() const { return r_.more(); }
  void require(std::string_view field, bool ok, std::string_view why) {
    r_.require(field, ok, why);
  }

  template <class T>
  [[nodiscard]] Result<T> finish(T value) {
    return r_.finish(std::move(value));
  }

 private:
  DerReader(std::string_view subject, Bytes in, std::size_t base)
      : subject_(subject), in_(in), r_(subject, in, base) {}
  std::size_t read_length(std::string_view field);

  std::string_view subject_;
  Bytes in_;
  ByteReader r_;
};

/// One DER element around `contents`.
Buffer der_element(std::uint8_t tag, Bytes contents);
Buffer der_integer(std::uint64_t value);
Buffer der_utf8_string(std::string_view text);

}  // namespace assay
