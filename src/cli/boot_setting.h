// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "boots/predicted_boot.h"

namespace assay {

/// Applies one "NAME=VALUE" of `assay eventlog predict --set` to a boot; reads the files that it
/// names.  Fault::malformed for what is no setting or no such value.
Status apply_boot_setting(std::string_view setting, PredictedBoot& boot);

}  // namespace assay
