// SPDX-License-Identifier: Apache-2.0
#include "policy/expression/check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/nearest_name.h"

namespace assay {

namespace {

CelType simple(CelKind kind) {
  if (kind == CelKind::list) return CelType::list(CelType::dynamic());
  if (kind == CelKind::map) return CelType::map(CelType::dynamic(), CelType::dynamic());
  return CelType::of(kind);
}

/// The names there are, the nearest first where one is near.
std::string suggestion(std::string_view name, const std::vector<CelField>& fields) {
  std::vector<std::string_view> names;
  for (const CelField& field : fields) names.emplace_back(field.name);
  if (const auto near = nearest_name(name, names)) return fmt::format("did you mean `{}`?", *near);
  return fmt::format("there is {}", fmt::join(names, ", "));
}

/// One signature of an arithmetic operator.
struct OperatorSignature {
  CelOperator op;
  CelKind left, right, result;
};
constexpr OperatorSignature kArithmetic[] = {
    {CelOperator::add, CelKind::integer, CelKind::integer, CelKind::integer},
    {CelOperator::add, CelKind::unsigned_integer, CelKind::unsigned_integer,
     CelKind::unsigned_integer},
    {CelOperator::add, CelKind::floating, CelKind::floating, CelKind::floating},
    {CelOperator::add, CelKind::string, CelKind::string, CelKind::string},
    {CelOperator::add, CelKind::bytes, CelKind::bytes, CelKind::bytes},
    {CelOperator::add, CelKind::timestamp, CelKind::duration, CelKind::timestamp},
    {CelOperator::add, CelKind::duration, CelKind::timestamp, CelKind::timestamp},
    {CelOperator::add, CelKind::duration, CelKind::duration, CelKind::duration},
    {CelOperator::subtract, CelKind::integer, CelKind::integer, CelKind::integer},
    {CelOperator::subtract, CelKind::unsigned_integer, CelKind::unsigned_integer,
     CelKind::unsigned_integer},
    {CelOperator::subtract, CelKind::floating, CelKind::floating, CelKind::floating},
    {CelOperator::subtract, CelKind::timestamp, CelKind::timestamp, CelKind::duration},
    {CelOperator::subtract, CelKind::timestamp, CelKind::duration, CelKind::timestamp},
    {CelOperator::subtract, CelKind::duration, CelKind::duration, CelKind::duration},
    {CelOperator::multiply, CelKind::integer, CelKind::integer, CelKind::integer},
    {CelOperator::multiply, CelKind::unsigned_integer, CelKind::unsigned_integer,
     CelKind::unsigned_integer},
    {CelOperator::multiply, CelKind::floating, CelKind::floating, CelKind::floating},
    {CelOperator::divide, CelKind::integer, CelKind::integer, CelKind::integer},
    {CelOperator::divide, CelKind::unsigned_integer, CelKind::unsigned_integer,
     CelKind::unsigned_integer},
    {CelOperator::divide, CelKind::floating, CelKind::floating, CelKind::floating},
    {CelOperator::modulo, CelKind::integer, CelKind::integer, CelKind::integer},
    {CelOperator::modulo, CelKind::unsigned_integer, CelKind::unsigned_integer,
     CelKind::unsigned_integer},
};

bool has_order(const CelType& type) {
  return type.is_dynamic() || type.is_number() || type.is(CelKind::boolean) ||
         type.is(CelKind::string) || type.is(CelKind::bytes) || type.is(CelKind::timestamp) ||
         type.is(CelKind::duration);
}

bool comparable(const CelType& a, const CelType& b) {
  if (!has_order(a) || !has_order(b)) return false;
  return (a.is_number() && b.is_number()) || compatible(a, b);
}

/// The type of what all of some answers can be.
class Join {
 public:
  void with(const CelType& type) { type_ = any_ ? joined(type_, type) : type, any_ = true; }
  [[nodiscard]] bool any() const { return any_; }
  [[nodiscard]] const CelType& type() const { return type_; }

 private:
  CelType type_;
  bool any_ = false;
};

using Typed = CelResult<CelType>;

class Checker {
 public:
  Checker(const CelSyntax& syntax, const CelEnvironment& environment)
      : syntax_(syntax), environment_(environment), resolutions_(syntax.nodes.size()) {}

  Typed type_of(CelNodeId id) {
    const std::size_t outer = offset_;
    offset_ = syntax_.nodes[id].offset;
    auto out = std::visit([&](const auto& node) { return check(id, node); }, syntax_.nodes[id].is);
    offset_ = outer;
    return out;
  }
  std::vector<CelResolution> take_resolutions() { return std::move(resolutions_); }
  std::set<std::string> take_names() { return std::move(names_); }

 private:
  [[nodiscard]] tl::unexpected<CelError> refuse(std::string why) const {
    return cel_fail(CelFault::type, offset_, std::move(why));
  }

  Typed check(CelNodeId, const CelLiteral& literal) { return simple(literal.value.kind()); }

  Typed check(CelNodeId id, const CelName& name) {
    for (std::size_t i = variables_.size(); i-- > 0;) {
      if (variables_[i].name != name.name) continue;
      resolutions_[id].variable = i;
      return variables_[i].type;
    }
    const CelField* field = find_field(environment_, name.name);
    if (field == nullptr)
      return refuse(fmt::format("no claim is called `{}`; {}", name.name,
                                suggestion(name.name, environment_)));
    names_.insert(name.name);
    return field->type;
  }

  Typed field_type(CelNodeId operand, const std::string& name) {
    const auto type = type_of(operand);
    if (!type) return type;
    if (type->is_dynamic()) return CelType::dynamic();
    if (type->is_record()) {
      const CelField* field = find_field(type->fields(), name);
      if (field == nullptr)
        return refuse(fmt::format("`{}` has no claim `{}`; {}", type->text(), name,
                                  suggestion(name, type->fields())));
      return field->type;
    }
    if (type->is(CelKind::map) && compatible(type->key(), CelType::of(CelKind::string)))
      return type->element();
    return refuse(fmt::format("{} has no members, so no `{}`", type->text(), name));
  }

  Typed check(CelNodeId, const CelSelect& select) {
    return field_type(select.operand, select.field);
  }

  Typed check(CelNodeId, const CelHas& has) {
    const auto type = field_type(has.operand, has.field);
    if (!type) return type;
    return CelType::of(CelKind::boolean);
  }

  Typed check(CelNodeId, const CelIndex& index) {
    const auto operand = type_of(index.operand);
    if (!operand) return operand;
    const auto key = type_of(index.index);
    if (!key) return key;
    if (operand->is_dynamic()) return CelType::dynamic();
    if (operand->is_record())
      return refuse(
          fmt::format("name the claim: {}.name, not {}[...]", operand->text(), operand->text()));
    if (operand->is(CelKind::list) && (key->is_dynamic() || key->is(CelKind::integer)))
      return operand->element();
    if (operand->is(CelKind::map) && compatible(operand->key(), *key)) return operand->element();
    return refuse(fmt::format("{} takes no index of type {}", operand->text(), key->text()));
  }

  Typed check(CelNodeId, const CelUnary& unary) {
    const auto operand = type_of(unary.operand);
    if (!operand) return operand;
    if (operand->is_dynamic())
      return unary.op == CelOperator::invert ? CelType::of(CelKind::boolean) : CelType::dynamic();
    const bool fits = unary.op == CelOperator::invert
                          ? operand->is(CelKind::boolean)
                          : operand->is(CelKind::integer) || operand->is(CelKind::floating);
    if (!fits) return refuse(fmt::format("`{}` takes no {}", name_of(unary.op), operand->text()));
    return operand;
  }

  Typed check(CelNodeId, const CelBinary& binary) {
    const auto left = type_of(binary.left);
    if (!left) return left;
    const auto right = type_of(binary.right);
    if (!right) return right;
    switch (binary.op) {
      case CelOperator::equal:
      case CelOperator::not_equal:
        if (compatible(*left, *right)) return CelType::of(CelKind::boolean);
        break;
      case CelOperator::less:
      case CelOperator::less_equal:
      case CelOperator::greater:
      case CelOperator::greater_equal:
        if (comparable(*left, *right)) return CelType::of(CelKind::boolean);
        break;
      case CelOperator::in:
        if (contains(*right, *left)) return CelType::of(CelKind::boolean);
        break;
      case CelOperator::add:
      case CelOperator::subtract:
      case CelOperator::multiply:
      case CelOperator::divide:
      case CelOperator::modulo: {
        const Join result = arithmetic(binary.op, *left, *right);
        if (result.any()) return result.type();
        break;
      }
      case CelOperator::negate:
      case CelOperator::invert:
        break;  // these are unary
    }
    return refuse(fmt::format("`{}` does not take {} and {}", name_of(binary.op), left->text(),
                              right->text()));
  }

  static bool contains(const CelType& container, const CelType& element) {
    if (container.is_dynamic()) return true;
    if (container.is(CelKind::list)) return compatible(container.element(), element);
    return container.is(CelKind::map) && !container.is_record() &&
           compatible(container.key(), element);
  }

  static Join arithmetic(CelOperator op, const CelType& left, const CelType& right) {
    Join out;
    for (const OperatorSignature& s : kArithmetic)
      if (s.op == op && compatible(simple(s.left), left) && compatible(simple(s.right), right))
        out.with(simple(s.result));
    const bool lists = (left.is_dynamic() || left.is(CelKind::list)) &&
                       (right.is_dynamic() || right.is(CelKind::list)) && compatible(left, right);
    if (op == CelOperator::add && lists) out.with(joined(left, right));
    return out;
  }

  CelResult<void> require_bool(CelNodeId id, std::string_view what) {
    const auto type = type_of(id);
    if (!type) return tl::unexpected(type.error());
    if (type->is_dynamic() || type->is(CelKind::boolean)) return {};
    return cel_fail(CelFault::type, syntax_.nodes[id].offset,
                    fmt::format("{} is a bool, not {}", what, type->text()));
  }

  Typed check(CelNodeId, const CelLogic& logic) {
    const std::string_view symbol = logic.joint == CelLogic::Joint::all ? "&&" : "||";
    for (const CelNodeId operand : logic.operands)
      if (auto ok = require_bool(operand, fmt::format("an operand of `{}`", symbol)); !ok)
        return tl::unexpected(ok.error());
    return CelType::of(CelKind::boolean);
  }

  Typed check(CelNodeId, const CelConditional& conditional) {
    if (auto ok = require_bool(conditional.condition, "what stands before `?`"); !ok)
      return tl::unexpected(ok.error());
    const auto yes = type_of(conditional.yes);
    if (!yes) return yes;
    const auto no = type_of(conditional.no);
    if (!no) return no;
    if (!compatible(*yes, *no))
      return refuse(
          fmt::format("both answers have one type, not {} and {}", yes->text(), no->text()));
    return joined(*yes, *no);
  }

  static bool form_fits(CelCallForm form, const CelCall& call) {
    return form == CelCallForm::either ||
           (form == CelCallForm::member) == call.receiver.has_value();
  }

  static bool takes(const CelSignature& signature, const std::vector<CelType>& arguments) {
    return std::equal(signature.parameters.begin(), signature.parameters.end(), arguments.begin(),
                      arguments.end(), [](CelKind parameter, const CelType& argument) {
                        return argument.is_dynamic() ||
                               (argument.is(parameter) && !argument.is_record());
                      });
  }

  Typed check(CelNodeId id, const CelCall& call) {
    std::vector<CelType> types;
    std::vector<CelNodeId> arguments = call.arguments;
    if (call.receiver) arguments.insert(arguments.begin(), *call.receiver);
    for (const CelNodeId argument : arguments) {
      auto type = type_of(argument);
      if (!type) return type;
      types.push_back(std::move(*type));
    }
    if (call.function == "dyn" && !call.receiver && types.size() == 1) {
      resolutions_[id].function = CelFunction::to_dyn;
      return CelType::dynamic();
    }
    Join result;
    bool known = call.function == "dyn";
    for (const CelSignature& signature : cel_signatures()) {
      if (signature.name != call.function || !form_fits(signature.form, call)) continue;
      known = true;
      if (!takes(signature, types)) continue;
      resolutions_[id].function = signature.function;
      result.with(simple(signature.result));
    }
    if (!known) return unknown_function(call);
    if (!result.any()) {
      std::vector<std::string> texts;
      for (const CelType& type : types) texts.push_back(type.text());
      return refuse(fmt::format("{} does not take ({})", call.function, fmt::join(texts, ", ")));
    }
    if (resolutions_[id].function == CelFunction::matches)
      if (auto compiled = compile_pattern(id, arguments[1]); !compiled)
        return tl::unexpected(compiled.error());
    return result.type();
  }

  [[nodiscard]] tl::unexpected<CelError> unknown_function(const CelCall& call) const {
    const bool otherwise =
        std::any_of(cel_signatures().begin(), cel_signatures().end(),
                    [&](const CelSignature& s) { return s.name == call.function; });
    if (otherwise)
      return refuse(call.receiver
                        ? fmt::format("write {0}(x), not x.{0}()", call.function)
                        : fmt::format("write x.{0}(...), not {0}(x, ...)", call.function));
    return refuse(fmt::format("no function is called `{}`", call.function));
  }

  /// Patterns are literals: so a wrong one is refused when it is loaded, and none is compiled
  /// twice.
  CelResult<void> compile_pattern(CelNodeId id, CelNodeId argument) {
    const CelNode& node = syntax_.nodes[argument];
    const CelLiteral* literal = std::get_if<CelLiteral>(&node.is);
    if (literal == nullptr)
      return cel_fail(CelFault::type, node.offset, "a pattern is a string literal");
    std::string why;
    resolutions_[id].pattern = CelPattern::compile(*literal->value.if_string(), why);
    if (resolutions_[id].pattern == nullptr)
      return cel_fail(CelFault::type, node.offset, "not a regular expression of RE2: " + why);
    return {};
  }

  Typed check(CelNodeId, const CelListLiteral& literal) {
    Join element;
    for (const CelNodeId id : literal.elements) {
      const auto type = type_of(id);
      if (!type) return type;
      element.with(*type);
    }
    return CelType::list(element.type());
  }

  Typed check(CelNodeId, const CelMapLiteral& literal) {
    Join keys, values;
    for (const auto& [key, value] : literal.entries) {
      const auto key_type = type_of(key);
      if (!key_type) return key_type;
      if (!is_key(*key_type))
        return cel_fail(
            CelFault::type, syntax_.nodes[key].offset,
            fmt::format("a key is a bool, int, uint or string, not {}", key_type->text()));
      const auto value_type = type_of(value);
      if (!value_type) return value_type;
      keys.with(*key_type);
      values.with(*value_type);
    }
    return CelType::map(keys.type(), values.type());
  }

  static bool is_key(const CelType& type) {
    return type.is_dynamic() || type.is(CelKind::boolean) || type.is(CelKind::integer) ||
           type.is(CelKind::unsigned_integer) || type.is(CelKind::string);
  }

  Typed check(CelNodeId, const CelMacro& macro) {
    const auto range = type_of(macro.range);
    if (!range) return range;
    const bool ranges = range->is_dynamic() || range->is(CelKind::list) ||
                        (range->is(CelKind::map) && !range->is_record());
    if (!ranges) return refuse(fmt::format("{} has no elements", range->text()));
    const CelType element = range->is(CelKind::map) ? range->key() : range->element();
    variables_.push_back({macro.variable, element});
    auto out = macro_type(macro, element);
    variables_.pop_back();
    return out;
  }

  Typed macro_type(const CelMacro& macro, const CelType& element) {
    if (macro.filter)
      if (auto ok = require_bool(*macro.filter, "what map filters by"); !ok)
        return tl::unexpected(ok.error());
    if (macro.what == CelMacro::What::map) {
      auto body = type_of(macro.body);
      if (!body) return body;
      return CelType::list(std::move(*body));
    }
    if (auto ok = require_bool(macro.body, "what is asked of each element"); !ok)
      return tl::unexpected(ok.error());
    return macro.what == CelMacro::What::filter ? CelType::list(element)
                                                : CelType::of(CelKind::boolean);
  }

  const CelSyntax& syntax_;
  const CelEnvironment& environment_;
  std::vector<CelResolution> resolutions_;
  std::vector<CelField> variables_;  ///< of the macros around a node, outermost first
  std::set<std::string> names_;
  std::size_t offset_ = 0;
};

}  // namespace

CelResult<CelChecked> check_cel(CelSyntax syntax, const CelEnvironment& environment) {
  Checker checker(syntax, environment);
  auto type = checker.type_of(syntax.root);
  if (!type) return tl::unexpected(type.error());
  auto resolutions = checker.take_resolutions();
  auto names = checker.take_names();
  return CelChecked{std::move(syntax), std::move(resolutions), std::move(*type), std::move(names)};
}

}  // namespace assay
