// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/io.h"
#include "verify/log_statement.h"

namespace assay {

/// Prints for a person what a log says of the boot, and where it cannot be believed that it cannot.
void print_boot(const LogStatement& statement, const EventLog& log, Io io);

}  // namespace assay
