// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "policy/expression/check.h"
#include "policy/expression/syntax.h"
#include "policy/expression/value.h"

namespace assay {

/// A value, or in words why there is none; whoever asked knows where in the text it was.  Where the
/// budget ran out, it is exhausted.
using CelOutcome = tl::expected<CelValue, std::string>;

inline tl::unexpected<std::string> no_overload(std::string_view what, const CelValue& a) {
  return tl::unexpected(fmt::format("no such overload: {} takes no {}", what, name_of(a.kind())));
}
inline tl::unexpected<std::string> no_overload(std::string_view what, const CelValue& a,
                                               const CelValue& b) {
  return tl::unexpected(fmt::format("no such overload: {} does not take {} and {}", what,
                                    name_of(a.kind()), name_of(b.kind())));
}
inline tl::unexpected<std::string> out_of_steps() {
  return tl::unexpected(std::string("this takes more steps than an evaluation may"));
}

/// -a, !a.
CelOutcome apply_cel(CelOperator op, const CelValue& a);
/// a op b.
CelOutcome apply_cel(CelOperator op, const CelValue& a, const CelValue& b, CelBudget& budget);
/// container[key].
CelOutcome index_cel(const CelValue& container, const CelValue& key);

struct CelCallee {
  std::string_view name;  ///< for messages
  CelFunction function;
  const CelPattern* pattern;  ///< of matches
};
/// callee(arguments...): as many as its signature has, of any kinds.
CelOutcome call_cel(const CelCallee& callee, std::span<const CelValue> arguments,
                    CelBudget& budget);

}  // namespace assay
