// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "report/html.h"
#include "verify/vtpm.h"

namespace assay {

/// What authentic evidence says of the machine.  Takes nothing that was not authenticated.
HtmlText machine_section(const Authentic<VtpmClaims>& claims);

}  // namespace assay
