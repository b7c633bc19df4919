// SPDX-License-Identifier: Apache-2.0
#include "policy/expression/operation.h"

#include <cmath>
#include <limits>

#include "policy/expression/time.h"

namespace assay {

namespace {

tl::unexpected<std::string> refuse(std::string why) { return tl::unexpected(std::move(why)); }

/// a op b of whole numbers; nothing on overflow.  The caller refuses a divisor of 0.
template <class T>
std::optional<T> whole(CelOperator op, T a, T b) {
  T out = 0;
  if (op == CelOperator::add)
    return __builtin_add_overflow(a, b, &out) ? std::nullopt : std::optional(out);
  if (op == CelOperator::subtract)
    return __builtin_sub_overflow(a, b, &out) ? std::nullopt : std::optional(out);
  if (op == CelOperator::multiply)
    return __builtin_mul_overflow(a, b, &out) ? std::nullopt : std::optional(out);
  if (b == 0) return std::nullopt;
  // The one quotient of int that does not fit: the most negative number by -1.
  if (std::is_signed_v<T> && a == std::numeric_limits<T>::min() && b == static_cast<T>(-1))
    return std::nullopt;
  return op == CelOperator::divide ? a / b : a % b;
}

template <class T>
CelOutcome whole_outcome(CelOperator op, T a, T b) {
  if (b == 0 && op == CelOperator::divide) return refuse("divide by zero");
  if (b == 0 && op == CelOperator::modulo) return refuse("modulus by zero");
  const auto out = whole(op, a, b);
  return out ? CelOutcome(CelValue(*out)) : refuse("overflow");
}

std::optional<double> floating(CelOperator op, double a, double b) {
  if (op == CelOperator::add) return a + b;
  if (op == CelOperator::subtract) return a - b;
  if (op == CelOperator::multiply) return a * b;
  if (op == CelOperator::divide) return a / b;
  return std::nullopt;
}

CelOutcome arithmetic(CelOperator op, const CelValue& a, const CelValue& b) {
  if (a.if_int() && b.if_int()) return whole_outcome(op, *a.if_int(), *b.if_int());
  if (a.if_uint() && b.if_uint()) return whole_outcome(op, *a.if_uint(), *b.if_uint());
  if (a.if_double() && b.if_double())
    if (const auto out = floating(op, *a.if_double(), *b.if_double())) return CelValue(*out);
  return no_overload(name_of(op), a, b);
}

template <class T>
CelOutcome in_range(const std::optional<T>& value, std::string_view what) {
  return value ? CelOutcome(CelValue(*value)) : refuse(fmt::format("{} out of range", what));
}

CelOutcome sum(const CelValue& a, const CelValue& b, CelBudget& budget) {
  if (a.if_string() && b.if_string()) {
    if (!budget.spend_on_bytes(a.if_string()->size() + b.if_string()->size()))
      return out_of_steps();
    return CelValue::string(*a.if_string() + *b.if_string());
  }
  if (a.if_bytes() && b.if_bytes()) {
    if (!budget.spend_on_bytes(a.if_bytes()->size() + b.if_bytes()->size())) return out_of_steps();
    return CelValue::bytes(*a.if_bytes() + *b.if_bytes());
  }
  if (a.if_list() && b.if_list()) {
    if (!budget.spend(a.if_list()->size() + b.if_list()->size())) return out_of_steps();
    CelList out = *a.if_list();
    out.insert(out.end(), b.if_list()->begin(), b.if_list()->end());
    return CelValue::list(std::move(out));
  }
  if (a.if_timestamp() && b.if_duration())
    return in_range(add(*a.if_timestamp(), *b.if_duration()), "timestamp");
  if (a.if_duration() && b.if_timestamp())
    return in_range(add(*b.if_timestamp(), *a.if_duration()), "timestamp");
  if (a.if_duration() && b.if_duration())
    return in_range(add(*a.if_duration(), *b.if_duration()), "duration");
  return arithmetic(CelOperator::add, a, b);
}

CelOutcome difference(const CelValue& a, const CelValue& b) {
  if (a.if_timestamp() && b.if_timestamp())
    return in_range(subtract(*a.if_timestamp(), *b.if_timestamp()), "duration");
  if (a.if_timestamp() && b.if_duration())
    return in_range(subtract(*a.if_timestamp(), *b.if_duration()), "timestamp");
  if (a.if_duration() && b.if_duration())
    return in_range(subtract(*a.if_duration(), *b.if_duration()), "duration");
  return arithmetic(CelOperator::subtract, a, b);
}

/// Nothing where the two have no order; unordered where one is NaN.
std::optional<std::partial_ordering> order_of(const CelValue& a, const CelValue& b) {
  if (a.is_number() && b.is_number()) {
    const auto known = compare_numbers(a, b);
    return known ? std::partial_ordering(*known) : std::partial_ordering::unordered;
  }
  if (a.if_bool() && b.if_bool()) return *a.if_bool() <=> *b.if_bool();
  if (a.if_string() && b.if_string()) return *a.if_string() <=> *b.if_string();
  if (a.if_bytes() && b.if_bytes()) return *a.if_bytes() <=> *b.if_bytes();
  if (a.if_timestamp() && b.if_timestamp()) return *a.if_timestamp() <=> *b.if_timestamp();
  if (a.if_duration() && b.if_duration()) return *a.if_duration() <=> *b.if_duration();
  return std::nullopt;
}

std::size_t length_of(const CelValue& v) {
  if (const auto* s = v.if_string()) return s->size();
  if (const auto* b = v.if_bytes()) return b->size();
  return 0;
}

CelOutcome compare(CelOperator op, const CelValue& a, const CelValue& b, CelBudget& budget) {
  if (!budget.spend_on_bytes(length_of(a))) return out_of_steps();
  const auto order = order_of(a, b);
  if (!order) return no_overload(name_of(op), a, b);
  if (op == CelOperator::less) return CelValue(*order < 0);
  if (op == CelOperator::less_equal) return CelValue(*order <= 0);
  if (op == CelOperator::greater) return CelValue(*order > 0);
  return CelValue(*order >= 0);
}

CelOutcome contained(const CelValue& element, const CelValue& container, CelBudget& budget) {
  if (const CelEntries* map = container.if_map())
    return CelValue(find_key(*map, element) != nullptr);
  const CelList* list = container.if_list();
  if (list == nullptr) return no_overload("in", element, container);
  for (const CelValue& candidate : *list) {
    const auto same = equal_values(element, candidate, budget);
    if (!same) return out_of_steps();
    if (*same) return CelValue(true);
  }
  return CelValue(false);
}

CelOutcome element_of(const CelList& list, const CelValue& index) {
  const double* d = index.if_double();
  if (d != nullptr && std::floor(*d) != *d)
    return refuse(fmt::format("no such index: {}", show(index)));
  const auto beyond = compare_numbers(index, CelValue(std::uint64_t{list.size()}));
  const auto below = compare_numbers(index, CelValue(std::int64_t{0}));
  if (!beyond || *beyond >= 0 || !below || *below < 0)
    return refuse(fmt::format("index out of bounds: {} of {}", show(index), list.size()));
  if (d != nullptr) return list[static_cast<std::size_t>(*d)];
  if (const auto* i = index.if_int()) return list[static_cast<std::size_t>(*i)];
  return list[static_cast<std::size_t>(*index.if_uint())];
}

}  // namespace

CelOutcome apply_cel(CelOperator op, const CelValue& a) {
  if (op == CelOperator::invert) {
    if (const bool* b = a.if_bool()) return CelValue(!*b);
  } else if (const auto* i = a.if_int()) {
    return whole_outcome<std::int64_t>(CelOperator::subtract, 0, *i);
  } else if (const auto* d = a.if_double()) {
    return CelValue(-*d);
  }
  return no_overload(name_of(op), a);
}

CelOutcome apply_cel(CelOperator op, const CelValue& a, const CelValue& b, CelBudget& budget) {
  switch (op) {
    case CelOperator::equal:
    case CelOperator::not_equal: {
      const auto same = equal_values(a, b, budget);
      if (!same) return out_of_steps();
      return CelValue(*same == (op == CelOperator::equal));
    }
    case CelOperator::less:
    case CelOperator::less_equal:
    case CelOperator::greater:
    case CelOperator::greater_equal:
      return compare(op, a, b, budget);
    case CelOperator::in:
      return contained(a, b, budget);
    case CelOperator::add:
      return sum(a, b, budget);
    case CelOperator::subtract:
      return difference(a, b);
    case CelOperator::multiply:
    case CelOperator::divide:
    case CelOperator::modulo:
      return arithmetic(op, a, b);
    case CelOperator::negate:
    case CelOperator::invert:
      break;  // these are unary
  }
  return no_overload(name_of(op), a, b);
}

CelOutcome index_cel(const CelValue& container, const CelValue& key) {
  if (const CelEntries* map = container.if_map()) {
    const CelValue* member = find_key(*map, key);
    if (member == nullptr) return refuse(fmt::format("no such key: {}", show(key)));
    return *member;
  }
  const CelList* list = container.if_list();
  if (list == nullptr || !key.is_number()) return no_overload("[]", container, key);
  return element_of(*list, key);
}

}  // namespace assay
