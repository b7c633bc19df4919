// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "verify/replayed_log.h"

namespace assay {

/// Why the log of one PCR may not end at the quoted value: the likeliest simple story that makes it
/// fit, found by trying.  For a person; proves nothing.  Tries at most some ten thousand hashes.
std::string explain_mismatch(const ReplayedLog& replayed, const Digest& quoted, std::uint32_t pcr);

}  // namespace assay
