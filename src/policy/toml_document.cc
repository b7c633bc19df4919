// SPDX-License-Identifier: Apache-2.0
#include "policy/toml_document.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "base/utf8.h"

namespace assay {

namespace {

bool is_control(char c) {
  return (c >= 0 && c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F;
}

bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

/// The character that UTF-8 begins with, and its size in bytes.
std::pair<std::uint32_t, std::size_t> character(std::string_view utf8) {
  const auto byte = [utf8](std::size_t i) {
    return std::uint32_t{static_cast<unsigned char>(utf8[i])};
  };
  const auto more = [byte](std::size_t i) { return byte(i) & 0x3F; };
  if (byte(0) < 0x80) return {byte(0), 1};
  if (byte(0) < 0xE0) return {(byte(0) & 0x1F) << 6 | more(1), 2};
  if (byte(0) < 0xF0) return {(byte(0) & 0x0F) << 12 | more(1) << 6 | more(2), 3};
  return {(byte(0) & 0x07) << 18 | more(1) << 12 | more(2) << 6 | more(3), 4};
}

/// Writes a document anew in ASCII alone: in strings other characters become escapes, in comments
/// question marks.  toml++ 3.3 leaves defined behaviour where it asks whether another character is
/// a blank.
class Ascii {
 public:
  explicit Ascii(std::string_view utf8) : left_(utf8) {}

  /// Why the document has no such form, empty if it has; line() is where.
  std::string_view refusal() {
    while (!left_.empty()) {
      const char c = left_.front();
      std::string_view why;
      if (c == '#')
        take_comment();
      else if (c == '"' || c == '\'')
        why = take_string(c);
      else if (!is_ascii(c))
        why = "only ASCII stands outside strings and comments";
      else if (!count_dots(c))
        why = "tables are nested too deeply";
      else
        take(1);
      if (!why.empty()) return why;
    }
    return "";
  }
  [[nodiscard]] std::size_t line() const {
    return 1 + static_cast<std::size_t>(std::count(out_.begin(), out_.end(), '\n'));
  }
  [[nodiscard]] const std::string& text() const { return out_; }

 private:
  void take(std::size_t count) {
    out_ += left_.substr(0, count);
    left_.remove_prefix(count);
  }

  /// toml++ bounds how deep values nest (256), but not the dots of a key, which open tables too.
  /// False where a key, with those of the values around it, has too many.
  bool count_dots(char c) {
    constexpr std::size_t kMostDots = 32;
    if (c == '[' || c == '{') ++open_;
    if ((c == ']' || c == '}') && open_ > 0) --open_;
    if (c == '\n' && open_ == 0) dots_ = 0;
    if (c == '.') ++dots_;
    return dots_ <= kMostDots;
  }

  void take_comment() {
    for (; !left_.empty() && left_.front() != '\n'; left_.remove_prefix(1))
      out_ += is_ascii(left_.front()) ? left_.front() : '?';
  }

  /// Up to the string's end, or to where toml++ sees that it has none.
  std::string_view take_string(char quote) {
    const std::string_view three = quote == '"' ? "\"\"\"" : "'''";
    const bool lines = left_.starts_with(three);
    const std::string_view end = three.substr(0, lines ? 3 : 1);
    take(end.size());
    while (!left_.empty() && !left_.starts_with(end) && (lines || left_.front() != '\n')) {
      if (!is_ascii(left_.front())) {
        if (quote == '\'') return "only ASCII stands in '...': write \"...\"";
        take_escaped();
      } else if (quote == '"' && left_.front() == '\\' && left_.size() > 1) {
        if (!is_ascii(left_[1])) return "no escape begins like this";
        take(2);
      } else {
        take(1);
      }
    }
    take(std::min(left_.size(), left_.starts_with(end) ? end.size() : 0));
    // """two more may stand before the end"""""
    for (int more = 0; lines && more < 2 && left_.starts_with(quote); ++more) take(1);
    return "";
  }

  void take_escaped() {
    const auto [code, size] = character(left_);
    out_ += code > 0xFFFF ? fmt::format("\\U{:08X}", code) : fmt::format("\\u{:04X}", code);
    left_.remove_prefix(size);
  }

  std::string_view left_;
  std::string out_;
  std::size_t open_ = 0;  ///< brackets and braces
  std::size_t dots_ = 0;  ///< since a line began with none open
};

tl::unexpected<Error> refuse(std::string_view where, std::size_t line, std::string_view why) {
  return fail(Fault::malformed, fmt::format("{}:{}", where, line), std::string(why));
}

}  // namespace

Result<toml::table> parse_toml(std::string_view where, std::string_view text) {
  if (!is_utf8(text) || std::any_of(text.begin(), text.end(), is_control))
    return fail(Fault::malformed, std::string(where),
                "is not TOML: it has bytes that are not UTF-8, or control characters");
  Ascii ascii(text);
  if (const auto why = ascii.refusal(); !why.empty()) return refuse(where, ascii.line(), why);
  try {
    return toml::parse(ascii.text(), where);
  } catch (const toml::parse_error& error) {
    return refuse(where, error.source().begin.line, error.description());
  } catch (const TomlAssertion&) {
    return fail(Fault::malformed, std::string(where),
                "is not TOML: a bracket, brace or name is out of place");
  }
}

}  // namespace assay
