// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/check.h"
#include "base/result.h"

namespace assay {

/// Reads hostile bytes field by field and remembers its first failure; after it every read yields
/// zero or nothing, so a parser is a flat list of fields with one door out:
///
///     Result<TcbVersion> parse_tcb_version(Bytes in) {
///       ByteReader r("tcb_version", in);
///       TcbVersion v;
///       v.boot_loader = r.u8("boot_loader");
///       v.tee = r.u8("tee");
///       r.zeros("reserved", 4);
///       v.snp = r.u8("snp");
///       v.microcode = r.u8("microcode");
///       return r.finish(v);  // fails on any bad read and on trailing bytes
///     }
///
/// Errors are Fault::malformed and read "tcb_version.microcode@0x7: need 1 bytes, 0 remain".
/// A declared length is compared with what remains before anything is taken, so no read allocates
/// more than the input holds.  Loops run `while (r.more())`.
class ByteReader {
 public:
  /// `subject` names the structure in errors.  `base` is the offset of `in` in the whole input.
  ByteReader(std::string_view subject, Bytes in, std::size_t base = 0)
      : subject_(subject), in_(in), base_(base) {}

  [[nodiscard]] std::uint8_t u8(std::string_view field) { return little<std::uint8_t>(field); }
  [[nodiscard]] std::uint16_t u16_le(std::string_view field) {
    return little<std::uint16_t>(field);
  }
  [[nodiscard]] std::uint32_t u32_le(std::string_view field) {
    return little<std::uint32_t>(field);
  }
  [[nodiscard]] std::uint64_t u64_le(std::string_view field) {
    return little<std::uint64_t>(field);
  }
  [[nodiscard]] std::uint16_t u16_be(std::string_view field) { return big<std::uint16_t>(field); }
  [[nodiscard]] std::uint32_t u32_be(std::string_view field) { return big<std::uint32_t>(field); }
  [[nodiscard]] std::uint64_t u64_be(std::string_view field) { return big<std::uint64_t>(field); }

  /// The next `size` bytes, borrowed from the input; empty after a failure.
  [[nodiscard]] Bytes take(std::string_view field, std::uint64_t size) {
    if (error_ || size > in_.size() - at_) return lack(field, size);
    const Bytes out = in_.subspan(at_, size);
    at_ += size;
    return out;
  }
  /// A TPM2B: u16 big-endian length, then that many bytes, at most `max`.
  [[nodiscard]] Bytes sized_be16(std::string_view field, std::size_t max);
  /// All that is left.
  [[nodiscard]] Bytes rest() { return take("rest", remaining()); }
  /// `size` bytes that must be zero.
  void zeros(std::string_view field, std::size_t size);
  /// Fails unless `ok`: for a value that the format does not allow.
  void require(std::string_view field, bool ok, std::string_view why) {
    if (!ok) fail(field, std::string(why));
  }

  /// True while nothing failed and input remains.
  [[nodiscard]] bool more() const { return !error_ && at_ < in_.size(); }
  [[nodiscard]] bool ok() const { return !error_; }
  [[nodiscard]] std::size_t remaining() const { return error_ ? 0 : in_.size() - at_; }
  /// Offset of the next byte in the whole input.
  [[nodiscard]] std::size_t offset() const { return base_ + at_; }
  /// The bytes from `start` (an earlier offset()) up to here.
  [[nodiscard]] Bytes since(std::size_t start) const {
    return in_.subspan(start - base_, at_ - (start - base_));
  }

  /// Records a failure at the next byte, unless one is recorded already.
  void fail(std::string_view field, std::string why);
  /// The first failure.  Only after !ok().
  [[nodiscard]] const Error& error() const {
    ASSAY_CHECK(error_);
    return *error_;
  }

  /// `value`, unless a read failed or bytes are left over.
  template <class T>
  [[nodiscard]] Result<T> finish(T value) {
    end();
    return finish_prefix(std::move(value));
  }
  /// `value`, unless a read failed; leftover bytes are the caller's business.
  template <class T>
  [[nodiscard]] Result<T> finish_prefix(T value) {
    if (error_) return tl::unexpected(*error_);
    return value;
  }
  /// Fails on leftover bytes.
  void end();

 private:
  /// What take() yields where it cannot: nothing, and the failure.
  Bytes lack(std::string_view field, std::uint64_t size);

  /// A number of as many bytes, `shift(i)` the place of byte i.  Unrolled, it is one load.
  template <class Unsigned, class Shift>
  Unsigned number(std::string_view field, Shift shift) {
    const Bytes bytes = take(field, sizeof(Unsigned));
    if (bytes.empty()) return 0;
    return [&]<std::size_t... i>(std::index_sequence<i...>) {
      return static_cast<Unsigned>(((std::uint64_t{bytes[i]} << shift(i)) | ...));
    }(std::make_index_sequence<sizeof(Unsigned)>());
  }
  template <class Unsigned>
  Unsigned little(std::string_view field) {
    return number<Unsigned>(field, [](std::size_t i) { return 8 * i; });
  }
  template <class Unsigned>
  Unsigned big(std::string_view field) {
    return number<Unsigned>(field, [](std::size_t i) { return 8 * (sizeof(Unsigned) - 1 - i); });
  }

  std::string_view subject_;
  Bytes in_;
  std::size_t base_;
  std::size_t at_ = 0;
  std::optional<Error> error_;
};

}  // namespace assay
