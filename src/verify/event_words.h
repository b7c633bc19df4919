// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "verify/replayed_log.h"

namespace assay {

/// What one event says, in plain words and one line of printable ASCII: "Secure Boot is on",
/// "db: Microsoft Corporation UEFI CA 2011; 12 hashes", "started \EFI\debian\shimx64.efi".  From
/// the log's own word: `judged.trust` says how far that was measured, and names of files and images
/// never are.
std::string event_words(const JudgedEvent& judged);

/// How far the log's word was measured: "measured", "partly", "described", "not measured",
/// "MISMATCH".
std::string_view trust_words(DataTrust trust);

}  // namespace assay
