// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/expression/value.h"

namespace assay {

/// Every function of the language, by what it does.
enum class CelFunction {
  size,
  starts_with,
  ends_with,
  contains,
  matches,
  to_int,
  to_uint,
  to_double,
  to_string,
  to_bytes,
  to_bool,
  to_timestamp,
  to_duration,
  to_dyn,
  full_year,
  month,
  date,
  day_of_month,
  day_of_week,
  day_of_year,
  hours,
  minutes,
  seconds,
  milliseconds,
};

/// Whether a function is called as f(x), as x.f(), or either way.
enum class CelCallForm { global, member, either };

/// One signature.  A call's receiver is its first argument.
struct CelSignature {
  std::string_view name;
  CelCallForm form;
  std::vector<CelKind> parameters;  ///< of a list or a map, of any elements
  CelKind result;
  CelFunction function;
};

/// All but dyn(x), which takes anything and says nothing.
std::span<const CelSignature> cel_signatures();

}  // namespace assay
