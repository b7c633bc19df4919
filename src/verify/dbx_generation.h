// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "verify/machine_state.h"

namespace assay {

/// Which update of the UEFI revocation list a dbx is, by its hashes exactly: "2020-10-12", the day
/// of the update.  Nothing for any other set, vendors' additions included: then count and compare
/// (docs/formats/event-log.md).
std::optional<std::string_view> dbx_generation(const SignatureDatabase& dbx);

}  // namespace assay
