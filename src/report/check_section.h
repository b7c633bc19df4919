// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "report/html.h"
#include "verify/check.h"

namespace assay {

/// All checks by what they are about, with mark, question, id, and what was found; before them,
/// those that failed or could not be asked, with what was expected and what to do.
HtmlText check_section(const Verdict& verdict);

/// "72 ok, 0 FAIL, 0 not asked, 5 not there".
std::string check_counts(const Verdict& verdict);

}  // namespace assay
