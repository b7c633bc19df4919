// SPDX-License-Identifier: Apache-2.0
#include "policy/expression/token.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/utf8.h"

namespace assay {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Words that the language keeps for itself (langdef, "Lexis").
constexpr std::array<std::string_view, 17> kReserved{
    "as",  "break", "const",   "continue",  "else",   "for", "function", "if",   "import",
    "let", "loop",  "package", "namespace", "return", "var", "void",     "while"};

/// Longer ones first.
constexpr std::array<std::string_view, 24> kSymbols{"&&", "||", "==", "!=", "<=", ">=", "<", ">",
                                                    "!",  "+",  "-",  "*",  "/",  "%",  "?", ":",
                                                    ",",  ".",  "(",  ")",  "[",  "]",  "{", "}"};

void append_utf8(std::uint32_t c, std::string& out) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | (c >> 6)), put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | (c >> 12)), put(0x80 | ((c >> 6) & 0x3F)), put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | (c >> 18)), put(0x80 | ((c >> 12) & 0x3F));
    put(0x80 | ((c >> 6) & 0x3F)), put(0x80 | (c & 0x3F));
  }
}

class Tokens {
 public:
  explicit Tokens(std::string_view source) : source_(source) {}

  CelResult<std::vector<CelToken>> all() {
    std::vector<CelToken> out;
    for (;;) {
      skip_blanks();
      if (at_ == source_.size()) break;
      auto token = next();
      if (!token) return tl::unexpected(token.error());
      out.push_back(std::move(*token));
    }
    out.push_back({CelTokenKind::end, source_.size(), {}});
    return out;
  }

 private:
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0';
  }
  static tl::unexpected<CelError> refuse(std::size_t offset, std::string why) {
    return cel_fail(CelFault::syntax, offset, std::move(why));
  }

  void skip_blanks() {
    constexpr std::string_view kBlanks = " \t\n\r\f";
    for (;;) {
      at_ = std::min(source_.find_first_not_of(kBlanks, at_), source_.size());
      if (!source_.substr(at_).starts_with("//")) return;
      at_ = std::min(source_.find('\n', at_), source_.size());
    }
  }

  CelResult<CelToken> next() {
    const std::size_t begin = at_;
    if (is_digit(peek()) || (peek() == '.' && is_digit(peek(1)))) return number();
    if (const auto quote = string_prefix()) return string(*quote);
    if (is_letter(peek())) return name();
    for (const std::string_view symbol : kSymbols) {
      if (!source_.substr(at_).starts_with(symbol)) continue;
      at_ += symbol.size();
      return CelToken{CelTokenKind::symbol, begin, std::string(symbol)};
    }
    return refuse(begin, "this character is no part of the language");
  }

  CelResult<CelToken> name() {
    const std::size_t begin = at_;
    while (is_letter(peek()) || is_digit(peek())) ++at_;
    std::string text(source_.substr(begin, at_ - begin));
    if (std::find(kReserved.begin(), kReserved.end(), text) != kReserved.end())
      return refuse(begin, fmt::format("`{}` is a reserved word", text));
    return CelToken{CelTokenKind::name, begin, std::move(text)};
  }

  CelResult<CelToken> number() {
    const std::size_t begin = at_;
    CelTokenKind kind = CelTokenKind::integer;
    if (peek() == '0' && (peek(1) == 'x' || peek(1) == 'X')) {
      at_ += 2;
      if (hex_digit(peek()) < 0) return refuse(begin, "want hexadecimal digits after 0x");
      while (hex_digit(peek()) >= 0) ++at_;
    } else {
      while (is_digit(peek())) ++at_;
      if (peek() == '.' && is_digit(peek(1))) {
        kind = CelTokenKind::floating;
        ++at_;
        while (is_digit(peek())) ++at_;
      }
      if (peek() == 'e' || peek() == 'E') {
        const std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 2 : 1;
        if (!is_digit(peek(sign))) return refuse(begin, "want digits in the exponent");
        kind = CelTokenKind::floating;
        at_ += sign;
        while (is_digit(peek())) ++at_;
      }
    }
    std::string text(source_.substr(begin, at_ - begin));
    if (kind == CelTokenKind::integer && (peek() == 'u' || peek() == 'U')) {
      kind = CelTokenKind::unsigned_integer;
      ++at_;
    }
    if (is_letter(peek()) || is_digit(peek()))
      return refuse(begin, "a number ends where a letter follows it");
    return CelToken{kind, begin, std::move(text)};
  }

  struct Quote {
    std::size_t prefix = 0;  ///< letters before it
    enum class Content { text, octets } content = Content::text;
    enum class Escapes { read, raw } escapes = Escapes::read;
  };

  /// What a string literal here begins with; nothing where none begins.
  [[nodiscard]] std::optional<Quote> string_prefix() const {
    Quote quote;
    for (std::size_t i = 0; i < 3; ++i) {
      const char c = peek(i);
      if (c == '"' || c == '\'') {
        quote.prefix = i;
        return quote;
      }
      if ((c == 'b' || c == 'B') && quote.content == Quote::Content::text)
        quote.content = Quote::Content::octets;
      else if ((c == 'r' || c == 'R') && quote.escapes == Quote::Escapes::read)
        quote.escapes = Quote::Escapes::raw;
      else
        return std::nullopt;
    }
    return std::nullopt;
  }

  CelResult<CelToken> string(Quote quote) {
    const std::size_t begin = at_;
    at_ += quote.prefix;
    std::string_view closing = source_.substr(at_, 1);
    if (source_.substr(at_).starts_with(R"(""")") || source_.substr(at_).starts_with("'''"))
      closing = source_.substr(at_, 3);
    at_ += closing.size();
    std::string out;
    while (!source_.substr(at_).starts_with(closing)) {
      if (at_ == source_.size()) return refuse(begin, "this string does not end");
      const char c = source_[at_];
      if (closing.size() == 1 && (c == '\n' || c == '\r'))
        return refuse(begin, "this string does not end on its line");
      if (c == '\\' && quote.escapes == Quote::Escapes::read) {
        if (auto read = escape(quote.content, out); !read) return tl::unexpected(read.error());
        continue;
      }
      out += c;
      ++at_;
    }
    at_ += closing.size();
    const auto kind =
        quote.content == Quote::Content::text ? CelTokenKind::string : CelTokenKind::bytes;
    return CelToken{kind, begin, std::move(out)};
  }

  /// Reads one escape sequence into `out`.
  CelResult<void> escape(Quote::Content content, std::string& out) {
    const std::size_t begin = at_;
    ++at_;
    const char c = peek();
    constexpr std::string_view kNamed = "abfnrtv\\?\"'`";
    constexpr std::string_view kMeant = "\a\b\f\n\r\t\v\\?\"'`";
    if (const auto named = kNamed.find(c); c != '\0' && named != std::string_view::npos) {
      out += kMeant[named];
      ++at_;
      return {};
    }
    if (c >= '0' && c <= '3') return number_escape(begin, 3, 8, content, out);
    ++at_;
    if (c == 'x' || c == 'X') return number_escape(begin, 2, 16, content, out);
    if (c == 'u' && content == Quote::Content::text)
      return number_escape(begin, 4, 16, content, out);
    if (c == 'U' && content == Quote::Content::text)
      return number_escape(begin, 8, 16, content, out);
    return refuse(begin, "the language has no such escape");
  }

  CelResult<void> number_escape(std::size_t begin, std::size_t digits, int base,
                                Quote::Content content, std::string& out) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < digits; ++i, ++at_) {
      const int digit = hex_digit(peek());
      if (digit < 0 || digit >= base)
        return refuse(begin, fmt::format("want {} digits in this escape", digits));
      value = value * static_cast<std::uint32_t>(base) + static_cast<std::uint32_t>(digit);
    }
    if (content == Quote::Content::octets) {
      out += static_cast<char>(value);
      return {};
    }
    if (value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
      return refuse(begin, "this escape is no Unicode character");
    append_utf8(value, out);
    return {};
  }

  std::string_view source_;
  std::size_t at_ = 0;
};

}  // namespace

CelResult<std::vector<CelToken>> tokens_of(std::string_view source) {
  if (!is_utf8(source)) return cel_fail(CelFault::syntax, 0, "the text is not UTF-8");
  return Tokens(source).all();
}

}  // namespace assay
