// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace assay {

/// Bounds of a CborReader.
struct CborLimits {
  std::size_t depth = 16;
  std::size_t values = 1024 * 1024;  ///< of any kind; a value takes many times its bytes in memory
};

/// One item of CBOR, borrowed from the input.
struct CborValue {
  enum class Kind { unsigned_integer, negative_integer, bytes, text, array, map, boolean, null };
  Kind kind = Kind::null;
  std::size_t offset = 0;  ///< of the item in the input
  std::uint64_t number =
      0;        ///< an integer n; n of the negative integer -1 - n; 0 or 1 of a boolean
  Bytes bytes;  ///< of a byte string or a text, which is UTF-8
  /// An array's items; a map's keys and values in turn, in the order of the input.
  std::vector<CborValue> items;

  /// The value of an integer key of a map; nullptr where there is none, or this is no map.
  [[nodiscard]] const CborValue* find(std::uint64_t key) const;
};

/// "an array", for errors.
std::string_view name_of(CborValue::Kind kind);

/// The one reader of CBOR in this project: RFC 8949 without what makes two spellings of one value.
/// Lengths are definite, integers and lengths as short as they can be (section 4.2.1), no map names
/// a key twice (section 5.6), texts are UTF-8.  Tags, floating-point numbers and simple values but
/// false, true and null are refused.  Keys may come in any order.
///
/// Errors are Fault::malformed and name `where`, what `field` is being read, and the offset.
class CborReader {
 public:
  CborReader(std::string_view where, Bytes in, CborLimits limits = {})
      : where_(where), in_(in), limits_(limits), left_(limits.values) {}

  /// The head of an array: how many items follow, each of at least one byte of the input.
  Result<std::uint64_t> array(std::string_view field);
  /// The next item, whole.
  Result<CborValue> value(std::string_view field);
  /// Fails where input remains.
  Status end() const;

  [[nodiscard]] std::size_t offset() const { return at_; }

 private:
  struct Head {
    std::uint8_t major;
    std::uint8_t additional;
    std::uint64_t argument;
  };
  Result<Head> head(std::string_view field);
  Result<CborValue> nested(std::string_view field, std::size_t depth);
  Status read_items(CborValue& into, std::string_view field, std::uint64_t count,
                    std::size_t depth);
  [[nodiscard]] tl::unexpected<Error> fail_at(std::string_view field, std::size_t offset,
                                              std::string why) const;

  std::string_view where_;
  Bytes in_;
  CborLimits limits_;
  std::size_t left_;
  std::size_t at_ = 0;
};

/// One item and nothing after it.
Result<CborValue> parse_cbor(std::string_view where, Bytes in, CborLimits limits = {});

}  // namespace assay
