// SPDX-License-Identifier: Apache-2.0
#include "policy/toml_document.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/utf8.h"

namespace assay {

namespace {

bool is_control(char c) {
  return (c >= 0 && c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F;
}

bool may_stand_before_string(char c) {
  return std::string_view(" \t\r\n=,.[{").find(c) != std::string_view::npos;
}

/// Walks over a document so far as to tell strings and comments from the rest.
class Walk {
 public:
  explicit Walk(std::string_view text) : left_(text) {}

  /// Why toml++ must not see the document, empty if it may; line() is where.  Outside strings and
  /// comments TOML 1.0 allows ASCII alone, and toml++ 3.3 leaves defined behaviour where it asks
  /// whether another character is a blank.
  std::string_view refusal() {
    char before = '\n';
    while (!left_.empty()) {
      const char c = left_.front();
      if (static_cast<unsigned char>(c) >= 0x80)
        return "only ASCII stands outside strings and comments";
      if (c == '#') {
        take(std::min(left_.find('\n'), left_.size()));
      } else if (c == '"' || c == '\'') {
        // toml++ looks for the end of a word where it finds none it knows, strings or not.
        if (!may_stand_before_string(before)) return "a quotation mark is out of place";
        if (!take_string(c)) return "a string does not end";
      } else {
        take(1);
      }
      before = c;
    }
    return "";
  }
  [[nodiscard]] std::size_t line() const { return line_; }

 private:
  void take(std::size_t count) {
    const std::string_view taken = left_.substr(0, count);
    line_ += static_cast<std::size_t>(std::count(taken.begin(), taken.end(), '\n'));
    left_.remove_prefix(count);
  }

  /// False where the string does not end.
  bool take_string(char quote) {
    const std::string_view three = quote == '"' ? "\"\"\"" : "'''";
    const bool lines = left_.starts_with(three);
    const std::string_view end = three.substr(0, lines ? 3 : 1);
    take(end.size());
    while (!left_.starts_with(end)) {
      const bool escaped = quote == '"' && left_.starts_with('\\') && left_.size() > 1;
      if (left_.empty() || (!lines && left_.front() == '\n')) return false;
      take(escaped ? 2 : 1);
    }
    take(end.size());
    // """two more may stand before the end"""""
    for (int more = 0; lines && more < 2 && left_.starts_with(quote); ++more) take(1);
    return true;
  }

  std::string_view left_;
  std::size_t line_ = 1;
};

tl::unexpected<Error> refuse(std::string_view where, std::size_t line, std::string_view why) {
  return fail(Fault::malformed, fmt::format("{}:{}", where, line), std::string(why));
}

}  // namespace

Result<toml::table> parse_toml(std::string_view where, std::string_view text) {
  if (!is_utf8(text) || std::any_of(text.begin(), text.end(), is_control))
    return fail(Fault::malformed, std::string(where),
                "is not TOML: it has bytes that are not UTF-8, or control characters");
  Walk walk(text);
  if (const auto why = walk.refusal(); !why.empty()) return refuse(where, walk.line(), why);
  try {
    return toml::parse(text, where);
  } catch (const toml::parse_error& error) {
    return refuse(where, error.source().begin.line, error.description());
  } catch (const TomlAssertion&) {
    return fail(Fault::malformed, std::string(where),
                "is not TOML: a bracket, brace or name is out of place");
  }
}

}  // namespace assay
