// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "formats/attestation.h"
#include "report/html.h"
#include "report/report_mark.h"

namespace assay {

/// The launcher's own log as a table: what it measured about the container, in order.  Empty where
/// the evidence has no such log.
HtmlText container_section(const Attestation& attestation, LogStanding standing);

}  // namespace assay
