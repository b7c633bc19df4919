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

/// What may begin a key: A-Za-z0-9_- of a bare one, a quotation mark of the others.
bool begins_key(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '"' || c == '\'';
}

/// Walks over a document so far as to tell strings and comments from the rest, and says what toml++
/// does not survive there.  Where a string does not end, toml++ stops before anything behind it.
class Walk {
 public:
  explicit Walk(std::string_view text) : left_(text) {}

  /// Empty for a document that toml++ may see, else why not; line() is where.
  std::string_view refusal() {
    bool line_begins = true;
    while (!left_.empty()) {
      const char c = left_.front();
      if (c == '\n') {
        take(1);
        line_begins = true;
        continue;
      }
      if (c == '#') {
        take(std::min(left_.find('\n'), left_.size()));
        continue;
      }
      if (c == '"' || c == '\'') {
        if (!take_string(c)) return "";
      } else if (static_cast<unsigned char>(c) >= 0x80) {
        return "only ASCII stands outside strings and comments";
      } else if (c == '[' && line_begins && depth_ == 0) {
        if (!take_header()) return "a table's name is missing behind [";
      } else {
        if (c == '[' || c == '{') ++depth_;
        if ((c == ']' || c == '}') && depth_ > 0) --depth_;
        take(1);
      }
      line_begins = line_begins && (c == ' ' || c == '\t');
    }
    return "";
  }
  [[nodiscard]] std::size_t line() const { return line_; }

 private:
  void take(std::size_t count) {
    line_ += static_cast<std::size_t>(
        std::count(left_.begin(), left_.begin() + static_cast<std::ptrdiff_t>(count), '\n'));
    left_.remove_prefix(count);
  }

  /// "[name]" up to its end, which toml++ looks for; false where no name follows.
  bool take_header() {
    take(left_.starts_with("[[") ? 2 : 1);
    take(std::min(left_.find_first_not_of(" \t"), left_.size()));
    if (left_.empty() || left_.front() == ']') return true;
    if (!begins_key(left_.front())) return false;
    // Brackets in a header are no array.
    while (!left_.empty() && left_.front() != '\n' && left_.front() != ']' &&
           static_cast<unsigned char>(left_.front()) < 0x80) {
      const char c = left_.front();
      if (c != '"' && c != '\'')
        take(1);
      else if (!take_string(c))
        return true;
    }
    while (left_.starts_with(']')) take(1);
    return true;
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
  std::size_t depth_ = 0;  ///< of arrays and inline tables
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
  toml::parse_result parsed = toml::parse(text, where);
  if (!parsed)
    return refuse(where, parsed.error().source().begin.line, parsed.error().description());
  return std::move(parsed).table();
}

}  // namespace assay
