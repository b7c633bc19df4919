// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "policy/expression/check.h"

namespace assay {

/// Steps of one evaluation: some tens of milliseconds and megabytes at most.
inline constexpr std::uint64_t kCelSteps = 1'000'000;

/// The value of a checked expression, for the names in `input` (a map by name; a name that is
/// missing is an error where it is read).  CelFault::evaluation; CelFault::budget after `steps`.
/// Pure: equal inputs, equal answers.
CelResult<CelValue> evaluate_cel(const CelChecked& expression, const CelEntries& input,
                                 std::uint64_t steps = kCelSteps);

}  // namespace assay
