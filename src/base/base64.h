// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace assay {

/// RFC 4648 section 4: standard alphabet, with padding.
std::string base64(Bytes bytes);
/// RFC 4648 section 5: URL-safe alphabet, without padding, as JOSE uses it (RFC 7515 section 2).
std::string base64url(Bytes bytes);

/// Strict inverses: only the named alphabet, exact padding (none for base64url), no blanks, and the
/// spare bits of the last character must be zero, so that every value has exactly one spelling.
/// Fault::malformed names `where`.
Result<Buffer> parse_base64(std::string_view where, std::string_view text);
Result<Buffer> parse_base64url(std::string_view where, std::string_view text);

}  // namespace assay
