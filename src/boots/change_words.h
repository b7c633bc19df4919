// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "boots/event_label.h"
#include "formats/event_log.h"
#include "verify/measured_data.h"

namespace assay {

/// What changed between two events that speak of the same thing, or what came or went where one of
/// them is null, in words: "command line: +quiet -panic=5".  Printable, one line.
/// `trust` is the least of theirs: words that no digest covers are marked as `eventlog show` marks
/// them, and of edited ones none is shown.
std::string change_words(const EventLabel& label, const Event* before, const Event* after,
                         DataTrust trust);

}  // namespace assay
