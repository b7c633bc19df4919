// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "verify/check.h"

namespace assay {

/// Checks of one verdict that expected, got and hint the same.
using SameAnswer = std::vector<const Check*>;

/// The checks of that verdict, in order, those with one answer together: a wrong nonce is wrong in
/// each bank, and a part that is missing keeps dozens of checks from being asked.  Said to a person
/// once.  Borrows.
std::vector<SameAnswer> same_answers(const Verdict& verdict, CheckVerdict wanted);

}  // namespace assay
