// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/result.h"

// Parse errors come back as values, not as exceptions.
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

namespace assay {

/// Reads a TOML 1.0 document.  Errors say "where:LINE".
///
/// toml++ 3.3 ends the program on some texts that are none, and leaves defined behaviour on others;
/// what it must not see is refused before.
Result<toml::table> parse_toml(std::string_view where, std::string_view text);

}  // namespace assay
