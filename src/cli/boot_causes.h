// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.h"
#include "boots/boot_cause.h"
#include "cli/io.h"

namespace assay {

/// Prints causes for a person, the likeliest first, each with the events that show it.
void print_causes(const std::vector<BootCause>& causes, RegisterLayout layout, Io io);

/// {"differ","registers","kinds","changes","causes"}, as `diff --json` and `explain --json` print.
json::object to_json(const BootDiff& diff, const std::vector<BootCause>& causes);

/// "PCR 4, 8 and 9"; "RTMR0 and RTMR2" of CC registers.
std::string list_registers(const std::vector<std::uint32_t>& pcrs, RegisterLayout layout);

}  // namespace assay
