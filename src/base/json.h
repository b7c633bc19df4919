// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace assay {

namespace json = boost::json;

/// Bounds of parse_json.
struct JsonLimits {
  std::size_t bytes = 64 * 1024;
  std::size_t depth = 32;
  std::size_t values = 64 * 1024;  ///< of any kind; a value takes many times its bytes in memory
};

/// The one reader of JSON in this project: RFC 8259, UTF-8, at most `limits`, and no object may
/// name a member twice (RFC 8259 section 4 leaves the meaning of that open, and parsers differ).
/// Fault::malformed names `where` and the offset.
Result<json::value> parse_json(std::string_view where, std::string_view text,
                               JsonLimits limits = {});

/// The same, and the value must be an object.
Result<json::object> parse_json_object(std::string_view where, std::string_view text,
                                       JsonLimits limits = {});

/// Typed access that never guesses: the member, or an Error that says "missing" or what it is
/// instead.  Borrows from `object`.
Result<std::string_view> json_string(const json::object& object, std::string_view key);
Result<std::int64_t> json_integer(const json::object& object, std::string_view key);
Result<const json::object*> json_object(const json::object& object, std::string_view key);
Result<const json::array*> json_array(const json::object& object, std::string_view key);

/// Two-space indented text with a final newline, members in their order: for people and files.
std::string pretty_json(const json::value& value);

}  // namespace assay
