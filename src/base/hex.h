// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace assay {

/// Lower-case hexadecimal, two digits a byte, no prefix.
std::string hex(Bytes bytes);

/// The bytes of hexadecimal text in either case; no prefix, blank or separator.
/// Fault::malformed names `where`.
Result<Buffer> parse_hex(std::string_view where, std::string_view text);

}  // namespace assay
