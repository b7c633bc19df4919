// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "report/html.h"
#include "report/verify_report.h"

namespace assay {

/// What the verdict does not say, so that nobody takes it for more than it is.
HtmlText unverified_section(const VerifyReport& report);

}  // namespace assay
