// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "policy/expression/error.h"
#include "policy/expression/function.h"
#include "policy/expression/syntax.h"
#include "policy/expression/type.h"

namespace assay {

/// A compiled regular expression (RE2, unanchored).
class CelPattern {
 public:
  /// Nothing, and `why`, where RE2 refuses it.
  static std::shared_ptr<const CelPattern> compile(const std::string& pattern, std::string& why);
  virtual ~CelPattern() = default;
  [[nodiscard]] virtual bool found_in(std::string_view text) const = 0;
  /// Instructions of the compiled program: matching costs at most so many steps a byte.
  [[nodiscard]] virtual std::size_t size() const = 0;
};

/// What checking found out about a node.
struct CelResolution {
  /// Where a name is the variable of a macro: how many macros lie between the root and its own.
  std::optional<std::size_t> variable;
  CelFunction function = CelFunction::size;   ///< of a call
  std::shared_ptr<const CelPattern> pattern;  ///< of a call of matches
};

/// An expression whose names exist and whose types agree.
struct CelChecked {
  CelSyntax syntax;
  std::vector<CelResolution> resolutions;  ///< one per node
  CelType type;                            ///< of the whole
  std::set<std::string> names;             ///< of the environment that it reads
};

/// Checks every name and type against `environment`.  CelFault::type.
CelResult<CelChecked> check_cel(CelSyntax syntax, const CelEnvironment& environment);

}  // namespace assay
