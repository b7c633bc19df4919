// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/expression/error.h"

namespace assay {

enum class CelTokenKind {
  end,
  name,
  integer,           ///< `text` as written: decimal or 0x hexadecimal
  unsigned_integer,  ///< the same, without its u
  floating,
  string,  ///< `text` with quotes and escapes resolved
  bytes,
  symbol,  ///< an operator or a bracket
};

struct CelToken {
  CelTokenKind kind;
  std::size_t offset;
  std::string text;
  [[nodiscard]] bool is(std::string_view symbol) const {
    return kind == CelTokenKind::symbol && text == symbol;
  }
};

/// Splits an expression into tokens, the last of kind `end`.  CelFault::syntax.
CelResult<std::vector<CelToken>> tokens_of(std::string_view source);

}  // namespace assay
