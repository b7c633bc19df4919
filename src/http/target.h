// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace assay {

/// A request target, taken apart.
struct HttpTarget {
  std::string path;  ///< decoded, "//" collapsed, starts with "/"
  std::vector<std::pair<std::string, std::string>> query;
};

/// RFC 9112 section 3.2, origin form ("/a?b=c") or absolute form ("http://host/a?b=c").  Strict: a
/// bad escape, NUL or another control character in the path, text that is not UTF-8, or a segment
/// "." or
/// ".." is Fault::malformed.  In the query "+" is a blank (WHATWG URL, form-urlencoded).
Result<HttpTarget> parse_target(std::string_view target);

/// `text` with all but RFC 3986's unreserved characters as %XX: a value for a path segment or
/// query.
std::string percent_encode(std::string_view text);

}  // namespace assay
