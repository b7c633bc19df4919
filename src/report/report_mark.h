// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "report/html.h"
#include "verify/check.h"
#include "verify/measured_data.h"

namespace assay {

/// Whether an event log is tied to a TPM that is believed.
enum class LogStanding {
  verified,  ///< it ends at registers that an authentic quote signed
  claimed,   ///< it is only what somebody sent: marks say what its digests say of its data, no more
};

/// The shapes that the marks show: once on a page, before any mark.
HtmlText mark_shapes();

/// A mark is told by its shape, its word and its colour.
HtmlText check_mark(CheckVerdict verdict);
/// Its shape alone, for a headline that is the word.
HtmlText decision_mark(CheckVerdict verdict);
HtmlText trust_mark(DataTrust trust, LogStanding standing);

/// "verified whole".
std::string_view words_for(DataTrust trust, LogStanding standing);

}  // namespace assay
