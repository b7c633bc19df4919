// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/io.h"
#include "formats/log_kind.h"
#include "verify/log_report.h"

namespace assay {

/// Prints for a person what a log of a running system says (CEL, IMA, systemd): each event, what it
/// adds up to, and where it cannot be believed that it cannot.
void print_story(LogKind kind, const LogStory& story, Io io);

}  // namespace assay
