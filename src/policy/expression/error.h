// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace assay {

/// Which stage refused an expression.
enum class CelFault {
  syntax,      ///< it is not an expression of the language (docs/expressions.md)
  type,        ///< it names a claim that does not exist, or mixes types
  evaluation,  ///< this input has no answer: a missing claim, an overflow, an index out of range
  budget,      ///< evaluation took more steps than it was given
};

/// Why an expression has no value, and where in its text.
struct CelError {
  CelFault fault;
  std::size_t offset;  ///< in bytes
  std::string why;
  bool operator==(const CelError&) const = default;
};

template <class T>
using CelResult = tl::expected<T, CelError>;

inline tl::unexpected<CelError> cel_fail(CelFault fault, std::size_t offset, std::string why) {
  return tl::unexpected(CelError{fault, offset, std::move(why)});
}

/// Line and column of a byte, both from 1; a column is a code point.
struct CelPosition {
  std::size_t line, column;
};
CelPosition cel_position(std::string_view source, std::size_t offset);

/// "1:14: no claim `kernl`", the line, and a caret under the place: three lines without a final
/// newline.  Of a long line the part around the place is shown.
std::string describe(std::string_view source, const CelError& error);

}  // namespace assay
