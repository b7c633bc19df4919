// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "policy/expression/check.h"
#include "policy/expression/evaluate.h"

namespace assay {

/// A condition as it was loaded: its text, checked against the claims there are.  The language is a
/// subset of CEL: docs/expressions.md.
struct CelExpression {
  std::string source;
  CelChecked checked;
};

/// Parses and checks.  CelFault::syntax, CelFault::type.
inline CelResult<CelExpression> compile_cel(std::string source, const CelEnvironment& environment) {
  auto syntax = parse_cel(source);
  if (!syntax) return tl::unexpected(syntax.error());
  auto checked = check_cel(std::move(*syntax), environment);
  if (!checked) return tl::unexpected(checked.error());
  return CelExpression{std::move(source), std::move(*checked)};
}

}  // namespace assay
