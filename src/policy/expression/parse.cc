// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "policy/expression/syntax.h"
#include "policy/expression/token.h"

namespace assay {

namespace {

/// A binary operator and how tightly it binds.
struct Infix {
  std::string_view symbol;
  CelOperator op;
  int strength;
};
constexpr int kRelation = 1;
constexpr int kAddition = 2;
constexpr int kMultiplication = 3;
constexpr std::array<Infix, 12> kInfixes{{
    {"<", CelOperator::less, kRelation},
    {"<=", CelOperator::less_equal, kRelation},
    {">", CelOperator::greater, kRelation},
    {">=", CelOperator::greater_equal, kRelation},
    {"==", CelOperator::equal, kRelation},
    {"!=", CelOperator::not_equal, kRelation},
    {"in", CelOperator::in, kRelation},
    {"+", CelOperator::add, kAddition},
    {"-", CelOperator::subtract, kAddition},
    {"*", CelOperator::multiply, kMultiplication},
    {"/", CelOperator::divide, kMultiplication},
    {"%", CelOperator::modulo, kMultiplication},
}};

std::optional<CelMacro::What> macro_named(std::string_view name) {
  if (name == "all") return CelMacro::What::all;
  if (name == "exists") return CelMacro::What::exists;
  if (name == "exists_one") return CelMacro::What::exists_one;
  if (name == "filter") return CelMacro::What::filter;
  if (name == "map") return CelMacro::What::map;
  return std::nullopt;
}

/// Recursive descent; a depth that is counted keeps hostile text from the stack's end.
class Parser {
 public:
  Parser(std::vector<CelToken> tokens, CelLimits limits)
      : tokens_(std::move(tokens)), limits_(limits) {}

  CelResult<CelSyntax> whole() {
    const auto root = expression();
    if (!root) return tl::unexpected(root.error());
    if (peek().kind != CelTokenKind::end) return unexpected_token("an operator or the end");
    syntax_.root = *root;
    return std::move(syntax_);
  }

 private:
  using Node = CelResult<CelNodeId>;

  [[nodiscard]] const CelToken& peek() const { return tokens_[at_]; }
  CelToken take() { return tokens_[at_ + 1 == tokens_.size() ? at_ : at_++]; }
  [[nodiscard]] bool next_is(std::string_view symbol) const { return peek().is(symbol); }
  bool skip(std::string_view symbol) {
    if (!next_is(symbol)) return false;
    ++at_;
    return true;
  }

  static tl::unexpected<CelError> refuse(std::size_t offset, std::string why) {
    return cel_fail(CelFault::syntax, offset, std::move(why));
  }
  [[nodiscard]] tl::unexpected<CelError> unexpected_token(std::string_view wanted) const {
    const CelToken& token = peek();
    const std::string found = token.kind == CelTokenKind::end      ? "the end"
                              : token.kind == CelTokenKind::string ? "a string"
                              : token.kind == CelTokenKind::bytes  ? "bytes"
                                                                   : "`" + token.text + "`";
    return refuse(token.offset, fmt::format("want {}, not {}", wanted, found));
  }

  /// Adds a node on top of the deepest of `below`.
  template <class T>
  Node add(std::size_t offset, T is, std::initializer_list<CelNodeId> below) {
    return add(offset, std::move(is), std::vector<CelNodeId>(below));
  }
  template <class T>
  Node add(std::size_t offset, T is, const std::vector<CelNodeId>& below) {
    std::size_t depth = 1;
    for (const CelNodeId id : below) depth = std::max(depth, depths_[id] + 1);
    if (depth > limits_.depth) return refuse(offset, "nested too deeply");
    if (syntax_.nodes.size() == limits_.nodes) return refuse(offset, "too long");
    syntax_.nodes.push_back({offset, std::move(is)});
    depths_.push_back(depth);
    return static_cast<CelNodeId>(syntax_.nodes.size() - 1);
  }

  /// conditional: or ["?" or ":" conditional]
  Node expression() {
    if (nesting_ == limits_.depth) return refuse(peek().offset, "nested too deeply");
    ++nesting_;
    auto out = conditional();
    --nesting_;
    return out;
  }

  Node conditional() {
    const auto condition = logic("||");
    if (!condition || !next_is("?")) return condition;
    const std::size_t offset = take().offset;
    const auto yes = logic("||");
    if (!yes) return yes;
    if (!skip(":")) return unexpected_token("`:`");
    const auto no = expression();
    if (!no) return no;
    return add(offset, CelConditional{*condition, *yes, *no}, {*condition, *yes, *no});
  }

  /// Operands of || are chains of &&, operands of those are relations.
  Node logic(std::string_view symbol) {
    const bool any = symbol == "||";
    const auto operand = [&] { return any ? logic("&&") : infix(kRelation); };
    const auto first = operand();
    if (!first || !next_is(symbol)) return first;
    const std::size_t offset = peek().offset;
    std::vector<CelNodeId> operands{*first};
    while (skip(symbol)) {
      const auto next = operand();
      if (!next) return next;
      operands.push_back(*next);
    }
    return add(offset, CelLogic{any ? CelLogic::Joint::any : CelLogic::Joint::all, operands},
               operands);
  }

  [[nodiscard]] const Infix* next_infix(int strength) const {
    const CelToken& token = peek();
    if (token.kind != CelTokenKind::symbol && token.kind != CelTokenKind::name) return nullptr;
    const auto found = std::find_if(kInfixes.begin(), kInfixes.end(), [&](const Infix& infix) {
      return infix.symbol == token.text && infix.strength == strength;
    });
    return found == kInfixes.end() ? nullptr : &*found;
  }

  /// All binary operators lean left.
  Node infix(int strength) {
    if (strength > kMultiplication) return unary();
    auto left = infix(strength + 1);
    while (left) {
      const Infix* found = next_infix(strength);
      if (found == nullptr) return left;
      const std::size_t offset = take().offset;
      const auto right = infix(strength + 1);
      if (!right) return right;
      left = add(offset, CelBinary{found->op, *left, *right}, {*left, *right});
    }
    return left;
  }

  Node unary() {
    std::vector<CelToken> prefixes;
    while (next_is("!") || next_is("-")) {
      if (prefixes.size() == limits_.depth) return refuse(peek().offset, "nested too deeply");
      // The sign belongs to the number: -9223372036854775808 has no positive counterpart.
      if (next_is("-") && is_number(tokens_[at_ + 1])) break;
      prefixes.push_back(take());
    }
    auto out = member();
    for (auto prefix = prefixes.rbegin(); out && prefix != prefixes.rend(); ++prefix) {
      const CelOperator op = prefix->is("!") ? CelOperator::invert : CelOperator::negate;
      out = add(prefix->offset, CelUnary{op, *out}, {*out});
    }
    return out;
  }

  static bool is_number(const CelToken& token) {
    return token.kind == CelTokenKind::integer || token.kind == CelTokenKind::floating;
  }

  /// primary { "." name ["(" arguments ")"] | "[" expression "]" }
  Node member() {
    auto out = primary();
    while (out) {
      const std::size_t offset = peek().offset;
      if (skip(".")) {
        out = after_dot(*out);
      } else if (skip("[")) {
        const auto index = expression();
        if (!index) return index;
        if (!skip("]")) return unexpected_token("`]`");
        out = add(offset, CelIndex{*out, *index}, {*out, *index});
      } else {
        return out;
      }
    }
    return out;
  }

  Node after_dot(CelNodeId receiver) {
    if (peek().kind != CelTokenKind::name) return unexpected_token("a name");
    const CelToken name = take();
    if (!skip("(")) return add(name.offset, CelSelect{receiver, name.text}, {receiver});
    auto arguments = list_until(")");
    if (!arguments) return tl::unexpected(arguments.error());
    if (const auto what = macro_named(name.text)) return macro(name, *what, receiver, *arguments);
    std::vector<CelNodeId> below = *arguments;
    below.push_back(receiver);
    return add(name.offset, CelCall{name.text, receiver, std::move(*arguments)}, below);
  }

  Node macro(const CelToken& name, CelMacro::What what, CelNodeId range,
             const std::vector<CelNodeId>& arguments) {
    const bool filtered = what == CelMacro::What::map && arguments.size() == 3;
    if (arguments.size() != 2 && !filtered)
      return refuse(name.offset, fmt::format("want {}(name, expression)", name.text));
    const CelNode& variable = syntax_.nodes[arguments[0]];
    const CelName* named = std::get_if<CelName>(&variable.is);
    if (named == nullptr)
      return refuse(variable.offset, fmt::format("want a name, as in {}(x, ...)", name.text));
    CelMacro out{what, range, named->name, std::nullopt, arguments.back()};
    if (filtered) out.filter = arguments[1];
    std::vector<CelNodeId> below = arguments;
    below.push_back(range);
    return add(name.offset, std::move(out), below);
  }

  Node primary() {
    const CelToken token = take();
    switch (token.kind) {
      case CelTokenKind::name:
        return named(token);
      case CelTokenKind::integer:
      case CelTokenKind::unsigned_integer:
      case CelTokenKind::floating:
        return number(token, "");
      case CelTokenKind::string:
        return add(token.offset, CelLiteral{CelValue::string(token.text)}, {});
      case CelTokenKind::bytes:
        return add(token.offset, CelLiteral{CelValue::bytes(token.text)}, {});
      case CelTokenKind::symbol:
        return bracketed(token);
      case CelTokenKind::end:
        break;
    }
    return refuse(token.offset, "want an expression, not the end");
  }

  Node bracketed(const CelToken& token) {
    if (token.is("-")) {
      const CelToken digits = take();
      auto out = number(digits, "-");
      if (out) syntax_.nodes[*out].offset = token.offset;
      return out;
    }
    if (token.is("(")) {
      auto inner = expression();
      if (inner && !skip(")")) return unexpected_token("`)`");
      return inner;
    }
    if (token.is("[")) {
      auto elements = list_until("]");
      if (!elements) return tl::unexpected(elements.error());
      const std::vector<CelNodeId> below = *elements;
      return add(token.offset, CelListLiteral{std::move(*elements)}, below);
    }
    if (token.is("{")) return map_literal(token);
    if (token.is(".") && peek().kind == CelTokenKind::name) return named(take());
    return refuse(token.offset, fmt::format("want an expression, not `{}`", token.text));
  }

  Node named(const CelToken& token) {
    if (token.text == "true" || token.text == "false")
      return add(token.offset, CelLiteral{CelValue(token.text == "true")}, {});
    if (token.text == "null") return add(token.offset, CelLiteral{}, {});
    if (token.text == "in") return refuse(token.offset, "want an expression, not `in`");
    if (!skip("(")) return add(token.offset, CelName{token.text}, {});
    auto arguments = list_until(")");
    if (!arguments) return tl::unexpected(arguments.error());
    if (token.text == "has") return presence(token, *arguments);
    const std::vector<CelNodeId> below = *arguments;
    return add(token.offset, CelCall{token.text, std::nullopt, std::move(*arguments)}, below);
  }

  Node presence(const CelToken& token, const std::vector<CelNodeId>& arguments) {
    const CelSelect* select =
        arguments.size() == 1 ? std::get_if<CelSelect>(&syntax_.nodes[arguments[0]].is) : nullptr;
    if (select == nullptr) return refuse(token.offset, "want has(claim.name)");
    const CelHas out{select->operand, select->field};
    return add(token.offset, out, {arguments[0]});
  }

  /// Elements, separated by commas; one may stand before the end of a list.
  CelResult<std::vector<CelNodeId>> list_until(std::string_view closing) {
    std::vector<CelNodeId> out;
    while (!skip(closing)) {
      const auto element = expression();
      if (!element) return tl::unexpected(element.error());
      out.push_back(*element);
      if (skip(",") && (closing == "]" || !next_is(closing))) continue;
      if (!next_is(closing)) return unexpected_token(fmt::format("`,` or `{}`", closing));
      if (tokens_[at_ - 1].is(",")) return unexpected_token("an expression");
    }
    return out;
  }

  Node map_literal(const CelToken& token) {
    CelMapLiteral out;
    std::vector<CelNodeId> below;
    while (!skip("}")) {
      const auto key = expression();
      if (!key) return key;
      if (!skip(":")) return unexpected_token("`:`");
      const auto value = expression();
      if (!value) return value;
      out.entries.emplace_back(*key, *value);
      below.push_back(*key);
      below.push_back(*value);
      if (!skip(",") && !next_is("}")) return unexpected_token("`,` or `}`");
    }
    return add(token.offset, std::move(out), below);
  }

  Node number(const CelToken& token, std::string_view sign) {
    const std::string text = std::string(sign) + token.text;
    if (token.kind == CelTokenKind::floating) {
      double value = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      // Too small is zero, and only too large does not fit; from_chars does not say which it was.
      if (error == std::errc::result_out_of_range) value = std::strtod(text.c_str(), nullptr);
      if (error == std::errc::invalid_argument || end != text.data() + text.size() ||
          std::isinf(value))
        return refuse(token.offset, "this number does not fit a double");
      return add(token.offset, CelLiteral{CelValue(value)}, {});
    }
    const bool hexadecimal = token.text.starts_with("0x") || token.text.starts_with("0X");
    const std::string digits =
        std::string(sign) + (hexadecimal ? token.text.substr(2) : token.text);
    const int base = hexadecimal ? 16 : 10;
    if (token.kind == CelTokenKind::unsigned_integer)
      return whole_number<std::uint64_t>(token, digits, base);
    return whole_number<std::int64_t>(token, digits, base);
  }

  template <class T>
  Node whole_number(const CelToken& token, const std::string& digits, int base) {
    T value = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    if (error != std::errc() || end != digits.data() + digits.size())
      return refuse(token.offset, "this number does not fit 64 bits");
    return add(token.offset, CelLiteral{CelValue(value)}, {});
  }

  std::vector<CelToken> tokens_;
  CelLimits limits_;
  std::size_t at_ = 0;
  std::size_t nesting_ = 0;
  std::vector<std::size_t> depths_;  ///< of each node
  CelSyntax syntax_;
};

}  // namespace

std::string_view name_of(CelOperator op) {
  switch (op) {
    case CelOperator::negate:
      return "-";
    case CelOperator::invert:
      return "!";
    case CelOperator::add:
    case CelOperator::subtract:
    case CelOperator::multiply:
    case CelOperator::divide:
    case CelOperator::modulo:
    case CelOperator::less:
    case CelOperator::less_equal:
    case CelOperator::greater:
    case CelOperator::greater_equal:
    case CelOperator::equal:
    case CelOperator::not_equal:
    case CelOperator::in:
      break;
  }
  const auto found = std::find_if(kInfixes.begin(), kInfixes.end(),
                                  [&](const Infix& infix) { return infix.op == op; });
  return found == kInfixes.end() ? "?" : found->symbol;
}

CelResult<CelSyntax> parse_cel(std::string_view source, CelLimits limits) {
  if (source.size() > limits.bytes)
    return cel_fail(CelFault::syntax, 0,
                    fmt::format("an expression is at most {} bytes", limits.bytes));
  auto tokens = tokens_of(source);
  if (!tokens) return tl::unexpected(tokens.error());
  return Parser(std::move(*tokens), limits).whole();
}

}  // namespace assay
