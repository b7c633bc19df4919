// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/result.h"

// Some texts that are no TOML run into assertions of toml++ 3.3, which would end the program, or be
// left out where NDEBUG is set: here they throw, as its parse errors do.
namespace assay {
struct TomlAssertion {};
constexpr void toml_assert(bool condition) {
  if (!condition) throw TomlAssertion();
}
}  // namespace assay
#undef NDEBUG
#define TOML_EXCEPTIONS 1
#define TOML_HEADER_ONLY 1
#define TOML_ASSERT(condition) ::assay::toml_assert(static_cast<bool>(condition))
#include <toml++/toml.h>

namespace assay {

/// Reads a TOML 1.0 document.  Errors say "where:LINE" where the line is known.
Result<toml::table> parse_toml(std::string_view where, std::string_view text);

}  // namespace assay
