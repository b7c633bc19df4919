// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "formats/pcr.h"

namespace assay {

/// Reads PCR values as people have them in a file: what tpm2_pcrread prints ("sha256:" and lines
/// "7 : 0x..." below it), or the JSON that `assay eventlog replay --json` prints ("banks", each
/// with values by index).  At most 64 KiB.  Fault::malformed names the line or member; a bank or
/// PCR twice is refused, and so is a file without any value.
Result<std::vector<PcrValues>> parse_pcr_text(std::string_view where, std::string_view text);

}  // namespace assay
