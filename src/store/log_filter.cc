// SPDX-License-Identifier: Apache-2.0
#include "store/log_filter.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "store/log_comparison.h"

namespace assay {
namespace {

constexpr std::size_t kMaxCharacters = 20'000;
constexpr int kMaxDepth = 32;

LogPredicate negation(LogPredicate inner) {
  return [inner = std::move(inner)](const json::object& e) { return !inner(e); };
}

LogPredicate all_of(std::vector<LogPredicate> parts) {
  if (parts.size() == 1) return std::move(parts.front());
  return [parts = std::move(parts)](const json::object& e) {
    return std::all_of(parts.begin(), parts.end(), [&](const LogPredicate& p) { return p(e); });
  };
}

LogPredicate any_of(std::vector<LogPredicate> parts) {
  if (parts.size() == 1) return std::move(parts.front());
  return [parts = std::move(parts)](const json::object& e) {
    return std::any_of(parts.begin(), parts.end(), [&](const LogPredicate& p) { return p(e); });
  };
}

/// A word as it stands in the filter: `jsonPayload."a b".c` is three parts.
struct Word {
  std::size_t at = 0;
  std::string text;                ///< parts with their dots, without quotes
  std::vector<std::string> parts;  ///< split at the dots outside quotes
  LogValue::Form form = LogValue::Form::word;
};

/// Recursive descent over
///
///     filter      = [ expr ]
///     expr        = orterm { ["AND"] orterm }          ; newline or blank = AND
///     orterm      = unary { "OR" unary }               ; OR binds tighter than AND
///     unary       = { "NOT" | "-" } primary
///     primary     = "(" expr ")" | function | comparison | global
///     comparison  = path op value
///     value       = text | "string" | "(" vexpr ")"    ; vexpr: expr with values as its primaries
///
/// (Cloud Logging's "Logging query language").  Parentheses nest at most 32 deep, so the recursion
/// of parser and predicate is bounded.
class FilterParser {
 public:
  explicit FilterParser(std::string_view text) : text_(text) {}

  Result<LogPredicate> parse() {
    if (text_.size() > kMaxCharacters) {
      return error(0,
                   fmt::format("{} characters, at most {} allowed", text_.size(), kMaxCharacters));
    }
    skip_blanks();
    if (at_ == text_.size()) return [](const json::object&) { return true; };
    auto whole = expression(nullptr);
    if (!whole) return whole;
    if (at_ != text_.size()) return error(at_, "this ')' closes nothing");
    return whole;
  }

 private:
  /// The left side that the values in parentheses share; null outside.
  struct Shared {
    LogField field;
    LogOperator op{};
  };

  tl::unexpected<Error> error(std::size_t at, std::string why) const {
    return fail(Fault::malformed, fmt::format("filter@{}", at), std::move(why));
  }
  template <class T>
  tl::unexpected<Error> error(std::size_t at, const Result<T>& failed) const {
    return error(at, failed.error().why);
  }

  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

  /// Blanks, and comments: "--" to the end of the line.
  void skip_blanks() {
    for (;;) {
      if (is_blank(peek())) {
        ++at_;
      } else if (peek() == '-' && peek(1) == '-') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else {
        return;
      }
    }
  }

  /// Whether the keyword stands here as a word of its own.
  [[nodiscard]] bool at_keyword(std::string_view keyword) const {
    if (text_.substr(at_, keyword.size()) != keyword) return false;
    const char after = peek(keyword.size());
    return after == '\0' || is_blank(after) || after == '(' || after == ')' || after == '"';
  }

  bool take_keyword(std::string_view keyword) {
    if (!at_keyword(keyword)) return false;
    at_ += keyword.size();
    skip_blanks();
    return true;
  }

  [[nodiscard]] bool at_end() const { return at_ == text_.size() || peek() == ')'; }

  Result<LogPredicate> expression(const Shared* shared) {
    std::vector<LogPredicate> parts;
    do {
      auto part = or_term(shared);
      if (!part) return part;
      parts.push_back(std::move(*part));
      if (take_keyword("AND") && at_end()) return error(at_, "AND wants something after it");
    } while (!at_end());
    return all_of(std::move(parts));
  }

  Result<LogPredicate> or_term(const Shared* shared) {
    std::vector<LogPredicate> parts;
    do {
      auto part = unary(shared);
      if (!part) return part;
      parts.push_back(std::move(*part));
      skip_blanks();
    } while (take_keyword("OR"));
    return any_of(std::move(parts));
  }

  Result<LogPredicate> unary(const Shared* shared) {
    bool negated = false;
    for (;;) {
      if (take_keyword("NOT")) {
        negated = !negated;
      } else if (peek() == '-' && !is_number_ahead(shared)) {
        ++at_;
        negated = !negated;
      } else {
        break;
      }
    }
    auto inner = primary(shared);
    if (!inner || !negated) return inner;
    return negation(std::move(*inner));
  }

  /// Among values "-5" is a number.
  [[nodiscard]] bool is_number_ahead(const Shared* shared) const {
    return shared != nullptr && peek(1) >= '0' && peek(1) <= '9';
  }

  Result<LogPredicate> primary(const Shared* shared) {
    if (at_end()) return error(at_, "something is missing here");
    for (const char* keyword : {"AND", "OR"}) {
      if (at_keyword(keyword))
        return error(at_, fmt::format("{} wants something before it", keyword));
    }
    if (peek() == '(') return parentheses(shared);
    const auto word = next_word(shared == nullptr ? Kind::name : Kind::value);
    if (!word) return pass_on(word);
    if (shared != nullptr) return value_test(*shared, *word);
    if (word->form == LogValue::Form::word && peek() == '(') return function(*word);
    skip_blanks();
    if (const auto op = take_operator()) return comparison(*word, *op);
    return log_contains(word->text);
  }

  Result<LogPredicate> parentheses(const Shared* shared) {
    const std::size_t start = at_;
    if (++depth_ > kMaxDepth) return error(at_, fmt::format("nested deeper than {}", kMaxDepth));
    ++at_;
    skip_blanks();
    auto inner = expression(shared);
    if (!inner) return inner;
    if (peek() != ')') return error(start, "this '(' is not closed");
    ++at_;
    skip_blanks();
    --depth_;
    return inner;
  }

  std::optional<LogOperator> take_operator() {
    constexpr std::pair<std::string_view, LogOperator> kOperators[] = {
        {"=~", LogOperator::matches},
        {"!~", LogOperator::not_matches},
        {"!=", LogOperator::not_equal},
        {"<=", LogOperator::less_equal},
        {">=", LogOperator::greater_equal},
        {"=", LogOperator::equal},
        {"<", LogOperator::less},
        {">", LogOperator::greater},
        {":", LogOperator::has}};
    for (const auto& [text, op] : kOperators) {
      if (text_.substr(at_, text.size()) != text) continue;
      at_ += text.size();
      skip_blanks();
      return op;
    }
    return std::nullopt;
  }

  Result<LogPredicate> comparison(const Word& left, LogOperator op) {
    auto field = field_of(left);
    if (!field) return pass_on(field);
    const Shared shared{std::move(*field), op};
    if (peek() == '(') return parentheses(&shared);
    if (at_end()) return error(at_, "the comparison has no right side");
    const auto value = next_word(Kind::value);
    if (!value) return pass_on(value);
    return value_test(shared, *value);
  }

  Result<LogPredicate> value_test(const Shared& shared, const Word& value) {
    if (value.form == LogValue::Form::word && peek() == '(') {
      return error(value.at, fmt::format("there is no function '{}' for a value", value.text));
    }
    auto test = log_comparison(shared.field, shared.op, {value.form, value.text});
    if (!test) return error(value.at, test);
    return test;
  }

  Result<LogField> field_of(const Word& word) {
    if (word.form == LogValue::Form::quoted) {
      return error(word.at, "the left side of a comparison is a field, not text in quotes");
    }
    auto field = log_field(word.parts.front(), {word.parts.begin() + 1, word.parts.end()});
    if (!field) return error(word.at, field);
    return field;
  }

  Result<LogPredicate> function(const Word& name) {
    ++at_;
    skip_blanks();
    std::vector<Word> arguments;
    while (peek() != ')') {
      auto argument = next_word(Kind::name);
      if (!argument) return pass_on(argument);
      arguments.push_back(std::move(*argument));
      skip_blanks();
      if (peek() == ',') {
        ++at_;
        skip_blanks();
      } else if (peek() != ')') {
        return error(at_, "wanted ',' or ')' between the arguments of " + name.text);
      }
    }
    ++at_;
    skip_blanks();
    const auto is_text = [&](std::size_t i) { return arguments[i].form == LogValue::Form::quoted; };
    if (name.text == "log_id") {
      if (arguments.size() == 1 && is_text(0)) return log_id_is(arguments[0].text);
      return error(name.at, "log_id takes one name in quotes: log_id(\"attestation\")");
    }
    if (name.text == "SEARCH") return search(name, arguments);
    return error(name.at,
                 fmt::format("there is no function '{}'; there are log_id and SEARCH", name.text));
  }

  Result<LogPredicate> search(const Word& name, const std::vector<Word>& arguments) {
    const bool shaped = (arguments.size() == 1 || arguments.size() == 2) &&
                        arguments.back().form == LogValue::Form::quoted;
    if (!shaped)
      return error(
          name.at,
          "SEARCH takes words in quotes, and a field before them: SEARCH(labels, \"a b\")");
    if (arguments.back().text.find('`') != std::string::npos) {
      return error(arguments.back().at,
                   "phrases in backticks are not supported: use field:\"the phrase\"");
    }
    if (arguments.size() == 1) return log_search(nullptr, arguments.back().text);
    const auto field = field_of(arguments.front());
    if (!field) return pass_on(field);
    return log_search(&*field, arguments.back().text);
  }

  enum class Kind {
    name,   ///< a field or a word to search for: ends at an operator
    value,  ///< the right side of a comparison: ':' and '=' may be part of it
  };

  static bool ends_word(char c, Kind kind) {
    if (c == '\0' || is_blank(c)) return true;
    constexpr std::string_view kAlways = "()\",<>~!";
    return kAlways.find(c) != std::string_view::npos ||
           (kind == Kind::name && (c == '=' || c == ':'));
  }

  Result<Word> next_word(Kind kind) {
    Word word;
    word.at = at_;
    if (peek() == '"') {
      auto text = quoted();
      if (!text) return pass_on(text);
      word.text = std::move(*text);
      word.form = LogValue::Form::quoted;
      return word;
    }
    std::string part;
    for (;;) {
      const char c = peek();
      if (c == '"' && part.empty() && !word.parts.empty() && kind == Kind::name) {
        auto text = quoted();
        if (!text) return pass_on(text);
        part = std::move(*text);
        if (peek() != '.' && !ends_word(peek(), kind))
          return error(at_, "wanted '.' or an operator after the quotes");
        if (part.empty()) return error(word.at, "an empty name in the path of the field");
      } else if (c == '.' || ends_word(c, kind)) {
        word.text += part;
        word.parts.push_back(std::exchange(part, {}));
        if (c != '.') break;
        word.text += c;
        ++at_;
      } else {
        part += c;
        ++at_;
      }
    }
    if (word.text.empty()) return error(at_, fmt::format("'{}' is not expected here", peek()));
    return word;
  }

  /// Text in quotes, with the escapes \" \\ \t \n \r \xHH \uXXXX and octal \OOO; another escaped
  /// character stays as it is with its backslash, which is what a regular expression wants.
  Result<std::string> quoted() {
    const std::size_t start = at_++;
    std::string out;
    for (;;) {
      if (at_ == text_.size()) return error(start, "this quote is not closed");
      const char c = text_[at_++];
      if (c == '"') return out;
      if (c != '\\') {
        out += c;
      } else if (!escape(out)) {
        return error(at_, "a backslash is followed by \" \\ t n r xHH uXXXX or an octal number");
      }
    }
  }

  bool escape(std::string& out) {
    const char c = peek();
    switch (c) {
      case '"':
        out += '"';
        break;
      case '\\':
        out += '\\';
        break;
      case 't':
        out += '\t';
        break;
      case 'n':
        out += '\n';
        break;
      case 'r':
        out += '\r';
        break;
      case 'x':
        return ++at_, code_point(out, 2, 16);
      case 'u':
        return ++at_, code_point(out, 4, 16);
      case '\0':
        return false;
      default:
        if (c >= '0' && c <= '7') return code_point(out, 3, 8);
        out += '\\';
        out += c;
    }
    ++at_;
    return true;
  }

  bool code_point(std::string& out, std::size_t digits, unsigned base) {
    unsigned value = 0;
    std::size_t seen = 0;
    for (; seen < digits; ++seen, ++at_) {
      const char c = peek();
      const unsigned digit = c >= '0' && c <= '9'   ? static_cast<unsigned>(c - '0')
                             : c >= 'a' && c <= 'f' ? static_cast<unsigned>(c - 'a' + 10)
                             : c >= 'A' && c <= 'F' ? static_cast<unsigned>(c - 'A' + 10)
                                                    : base;
      if (digit >= base) break;
      value = value * base + digit;
    }
    if (seen == 0 || (base == 16 && seen != digits) || (value >= 0xd800 && value <= 0xdfff))
      return false;
    if (value < 0x80) {
      out += static_cast<char>(value);
    } else if (value < 0x800) {
      out += static_cast<char>(0xc0 | (value >> 6));
      out += static_cast<char>(0x80 | (value & 0x3f));
    } else {
      out += static_cast<char>(0xe0 | (value >> 12));
      out += static_cast<char>(0x80 | ((value >> 6) & 0x3f));
      out += static_cast<char>(0x80 | (value & 0x3f));
    }
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

Result<std::function<bool(const json::object&)>> compile_log_filter(std::string_view filter) {
  return FilterParser(filter).parse();
}

}  // namespace assay
