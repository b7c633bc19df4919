// SPDX-License-Identifier: Apache-2.0
#include "policy/expression/evaluate.h"

#include <fmt/format.h>

#include "policy/expression/operation.h"

namespace assay {

namespace {

using Value = CelResult<CelValue>;

class Evaluator {
 public:
  Evaluator(const CelChecked& expression, const CelEntries& input, std::uint64_t steps)
      : expression_(expression), input_(input), budget_(steps) {}

  Value value_of(CelNodeId id) {
    const CelNode& node = expression_.syntax.nodes[id];
    if (!budget_.spend(1)) return out_of_budget(node.offset);
    const std::size_t outer = offset_;
    offset_ = node.offset;
    auto out = std::visit([&](const auto& is) { return evaluate(id, is); }, node.is);
    offset_ = outer;
    return out;
  }

 private:
  [[nodiscard]] tl::unexpected<CelError> refuse(std::string why) const {
    return cel_fail(CelFault::evaluation, offset_, std::move(why));
  }
  static tl::unexpected<CelError> out_of_budget(std::size_t offset) {
    return cel_fail(CelFault::budget, offset, "this takes more steps than an evaluation may");
  }
  [[nodiscard]] tl::unexpected<CelError> out_of_budget() const { return out_of_budget(offset_); }
  /// What an operation answered, at this place.
  [[nodiscard]] Value located(CelOutcome outcome) const {
    if (outcome) return std::move(*outcome);
    if (budget_.exhausted()) return out_of_budget();
    return refuse(std::move(outcome.error()));
  }

  Value evaluate(CelNodeId, const CelLiteral& literal) { return literal.value; }

  Value evaluate(CelNodeId id, const CelName& name) {
    if (const auto variable = expression_.resolutions[id].variable) return variables_[*variable];
    const CelValue* claim = find_key(input_, name.name);
    if (claim == nullptr) return refuse(fmt::format("the claim `{}` is missing", name.name));
    return *claim;
  }

  Value evaluate(CelNodeId, const CelSelect& select) {
    const auto operand = value_of(select.operand);
    if (!operand) return operand;
    const CelEntries* map = operand->if_map();
    if (map == nullptr) return located(no_overload(fmt::format(".{}", select.field), *operand));
    const CelValue* member = find_key(*map, select.field);
    if (member == nullptr) return refuse(fmt::format("no such key: `{}` is missing", select.field));
    return *member;
  }

  Value evaluate(CelNodeId, const CelHas& has) {
    const auto operand = value_of(has.operand);
    if (!operand) return operand;
    const CelEntries* map = operand->if_map();
    if (map == nullptr) return located(no_overload("has", *operand));
    return CelValue(find_key(*map, has.field) != nullptr);
  }

  Value evaluate(CelNodeId, const CelIndex& index) {
    const auto operand = value_of(index.operand);
    if (!operand) return operand;
    const auto key = value_of(index.index);
    if (!key) return key;
    return located(index_cel(*operand, *key));
  }

  Value evaluate(CelNodeId, const CelUnary& unary) {
    const auto operand = value_of(unary.operand);
    if (!operand) return operand;
    return located(apply_cel(unary.op, *operand));
  }

  Value evaluate(CelNodeId, const CelBinary& binary) {
    const auto left = value_of(binary.left);
    if (!left) return left;
    const auto right = value_of(binary.right);
    if (!right) return right;
    return located(apply_cel(binary.op, *left, *right, budget_));
  }

  /// One operand that decides is the answer, even where another fails; else a failure is.
  Value evaluate(CelNodeId, const CelLogic& logic) {
    const bool deciding = logic.joint == CelLogic::Joint::any;
    std::optional<CelError> failure;
    for (const CelNodeId id : logic.operands) {
      const auto operand = truth_of(id);
      if (operand && *operand == deciding) return CelValue(deciding);
      if (operand) continue;
      if (operand.error().fault == CelFault::budget) return tl::unexpected(operand.error());
      if (!failure) failure = operand.error();
    }
    if (failure) return tl::unexpected(*failure);
    return CelValue(!deciding);
  }

  CelResult<bool> truth_of(CelNodeId id) {
    const auto value = value_of(id);
    if (!value) return tl::unexpected(value.error());
    if (const bool* b = value->if_bool()) return *b;
    return cel_fail(CelFault::evaluation, expression_.syntax.nodes[id].offset,
                    fmt::format("no such overload: want a bool, not {}", name_of(value->kind())));
  }

  Value evaluate(CelNodeId, const CelConditional& conditional) {
    const auto condition = truth_of(conditional.condition);
    if (!condition) return tl::unexpected(condition.error());
    return value_of(*condition ? conditional.yes : conditional.no);
  }

  Value evaluate(CelNodeId, const CelListLiteral& literal) {
    CelList out;
    out.reserve(literal.elements.size());
    for (const CelNodeId id : literal.elements) {
      auto element = value_of(id);
      if (!element) return element;
      out.push_back(std::move(*element));
    }
    return CelValue::list(std::move(out));
  }

  Value evaluate(CelNodeId, const CelMapLiteral& literal) {
    CelEntries out;
    out.reserve(literal.entries.size());
    for (const auto& [key_id, value_id] : literal.entries) {
      auto key = value_of(key_id);
      if (!key) return key;
      auto value = value_of(value_id);
      if (!value) return value;
      out.emplace_back(std::move(*key), std::move(*value));
    }
    auto map = CelValue::map(std::move(out));
    if (!map) return refuse("a key is there twice, or is of a type that cannot be one");
    return std::move(*map);
  }

  Value evaluate(CelNodeId, const CelMacro& macro) {
    const auto range = value_of(macro.range);
    if (!range) return range;
    CelList keys;
    const CelList* elements = range->if_list();
    if (const CelEntries* map = range->if_map()) {
      if (!budget_.spend(map->size())) return out_of_budget();
      for (const auto& [key, value] : *map) keys.push_back(key);
      elements = &keys;
    }
    if (elements == nullptr) return located(no_overload("a macro", *range));
    variables_.emplace_back();
    auto out = over(macro, *elements);
    variables_.pop_back();
    return out;
  }

  Value over(const CelMacro& macro, const CelList& elements) {
    switch (macro.what) {
      case CelMacro::What::all:
        return quantify(macro, elements, false);
      case CelMacro::What::exists:
        return quantify(macro, elements, true);
      case CelMacro::What::exists_one:
        return exactly_one(macro, elements);
      case CelMacro::What::filter:
      case CelMacro::What::map:
        break;
    }
    return collect(macro, elements);
  }

  /// As && and || over the elements: `deciding` ends it.
  Value quantify(const CelMacro& macro, const CelList& elements, bool deciding) {
    std::optional<CelError> failure;
    for (const CelValue& element : elements) {
      variables_.back() = element;
      const auto truth = truth_of(macro.body);
      if (truth && *truth == deciding) return CelValue(deciding);
      if (truth) continue;
      if (truth.error().fault == CelFault::budget) return tl::unexpected(truth.error());
      if (!failure) failure = truth.error();
    }
    if (failure) return tl::unexpected(*failure);
    return CelValue(!deciding);
  }

  Value exactly_one(const CelMacro& macro, const CelList& elements) {
    std::size_t count = 0;
    for (const CelValue& element : elements) {
      variables_.back() = element;
      const auto truth = truth_of(macro.body);
      if (!truth) return tl::unexpected(truth.error());
      if (*truth) ++count;
    }
    return CelValue(count == 1);
  }

  Value collect(const CelMacro& macro, const CelList& elements) {
    const bool mapping = macro.what == CelMacro::What::map;
    CelList out;
    for (const CelValue& element : elements) {
      variables_.back() = element;
      if (!mapping || macro.filter) {
        const auto wanted = truth_of(mapping ? *macro.filter : macro.body);
        if (!wanted) return tl::unexpected(wanted.error());
        if (!*wanted) continue;
      }
      if (!mapping) {
        out.push_back(element);
        continue;
      }
      auto mapped = value_of(macro.body);
      if (!mapped) return mapped;
      out.push_back(std::move(*mapped));
    }
    return CelValue::list(std::move(out));
  }

  Value evaluate(CelNodeId id, const CelCall& call) {
    std::vector<CelValue> arguments;
    if (call.receiver) {
      auto receiver = value_of(*call.receiver);
      if (!receiver) return receiver;
      arguments.push_back(std::move(*receiver));
    }
    for (const CelNodeId argument : call.arguments) {
      auto value = value_of(argument);
      if (!value) return value;
      arguments.push_back(std::move(*value));
    }
    const CelResolution& resolution = expression_.resolutions[id];
    return located(call_cel({call.function, resolution.function, resolution.pattern.get()},
                            arguments, budget_));
  }

  const CelChecked& expression_;
  const CelEntries& input_;
  CelBudget budget_;
  std::vector<CelValue> variables_;  ///< of the macros around, outermost first
  std::size_t offset_ = 0;
};

}  // namespace

CelResult<CelValue> evaluate_cel(const CelChecked& expression, const CelEntries& input,
                                 std::uint64_t steps) {
  return Evaluator(expression, input, steps).value_of(expression.syntax.root);
}

}  // namespace assay
