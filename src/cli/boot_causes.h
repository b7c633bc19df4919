// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.h"
#include "boots/boot_cause.h"
#include "cli/io.h"

namespace assay {

/// Prints causes for a person, the likeliest first, each with the events that show it.
void print_causes(const std::vector<BootCause>& causes, Io io);

/// {"differ","registers","kinds","changes","causes"}, as `diff --json` and `explain --json` print.
json::object to_json(const BootDiff& diff, const std::vector<BootCause>& causes);

/// "PCR 4, 8 and 9".
std::string list_registers(const std::vector<std::uint32_t>& pcrs);

}  // namespace assay
