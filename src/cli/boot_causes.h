// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/json.h"
#include "boots/boot_cause.h"
#include "cli/io.h"

namespace assay {

/// What a command says of a difference before its causes.
struct DiffWords {
  std::string_view same;     ///< instead of all, where the values are equal
  std::string_view differs;  ///< behind the one register that does
  std::string_view differ;   ///< behind several
};
/// What equal values come to where one of the logs contradicts itself.
inline constexpr std::string_view kSameValuesAlone =
    "Both logs lead to the same values, and not both say what was measured.";

/// Prints a difference for a person: the likeliest cause first, each with the events that show it.
void print_diff(const BootDiff& diff, const std::vector<BootCause>& causes, const DiffWords& words,
                Io io);

/// {"differ","registers","kinds","changes","causes"}, as `diff --json` and `explain --json` print.
json::object to_json(const BootDiff& diff, const std::vector<BootCause>& causes);

/// "PCR 4, 8 and 9"; "RTMR0 and RTMR2" of CC registers.
std::string list_registers(const std::vector<std::uint32_t>& pcrs, RegisterLayout layout);

}  // namespace assay
