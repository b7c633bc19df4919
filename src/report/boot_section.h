// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "formats/attestation.h"
#include "report/html.h"
#include "report/report_mark.h"

namespace assay {

/// The boot as a table: every event in the log's order, with its register, what it is, and how far
/// its data can be believed; between them the points where control changes hands.
HtmlText boot_section(const Attestation& attestation, LogStanding standing);

}  // namespace assay
