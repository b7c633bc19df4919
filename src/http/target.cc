// SPDX-License-Identifier: Apache-2.0
#include "http/target.h"

#include <fmt/format.h>

#include "base/utf8.h"

namespace assay {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// RFC 3986 section 2.1: "%" HEXDIG HEXDIG, and nothing else may start with "%".
Result<std::string> percent_decode(std::string_view where, std::string_view text, char plus) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += plus;
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      const int high = i + 1 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) {
        return fail(Fault::malformed, std::string(where),
                    "'%' is not followed by two hexadecimal digits");
      }
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (out.back() == '\0')
      return fail(Fault::malformed, std::string(where), "contains a NUL byte");
  }
  if (!is_utf8(out)) return fail(Fault::malformed, std::string(where), "is not UTF-8");
  return out;
}

/// What file systems and routers could read in more than one way has no place in a path.
Status require_plain_path(std::string_view path) {
  for (std::size_t from = 1; from <= path.size();) {
    const std::size_t slash = std::min(path.find('/', from), path.size());
    const std::string_view segment = path.substr(from, slash - from);
    if (segment == "." || segment == "..") {
      return fail(Fault::malformed, "path", fmt::format("contains the segment '{}'", segment));
    }
    from = slash + 1;
  }
  for (const char c : path) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      return fail(Fault::malformed, "path", "contains a control character");
    }
  }
  return {};
}

std::string collapse_slashes(std::string_view path) {
  std::string out;
  out.reserve(path.size());
  for (const char c : path) {
    if (c != '/' || out.empty() || out.back() != '/') out += c;
  }
  return out;
}

}  // namespace

Result<HttpTarget> parse_target(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!target.starts_with(scheme)) continue;
    const std::size_t path = target.find_first_of("/?", scheme.size());
    target = path == std::string_view::npos ? "/" : target.substr(path);
    break;
  }
  if (target.find('#') != std::string_view::npos) {
    return fail(Fault::malformed, "request target", "contains a fragment");
  }
  const std::size_t mark = target.find('?');
  HttpTarget out;
  const auto path = percent_decode("path", target.substr(0, mark), '+');
  if (!path) return pass_on(path);
  if (path->empty() || path->front() != '/') {
    return fail(Fault::malformed, "request target", "does not start with '/'");
  }
  out.path = collapse_slashes(*path);
  if (const Status plain = require_plain_path(out.path); !plain) return pass_on(plain);

  std::string_view query = mark == std::string_view::npos ? "" : target.substr(mark + 1);
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    auto name = percent_decode("query", pair.substr(0, equals), ' ');
    if (!name) return pass_on(name);
    auto value = percent_decode("query", pair.substr(std::min(equals + 1, pair.size())), ' ');
    if (!value) return pass_on(value);
    out.query.emplace_back(std::move(*name), std::move(*value));
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                            (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
    if (unreserved) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

}  // namespace assay
