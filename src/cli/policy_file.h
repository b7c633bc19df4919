// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "policy/appraisal_policy.h"

namespace assay {

/// The appraisal policy in a file: gotpm's `Policy` message where the name ends with .textproto,
/// .txtpb or .pbtxt, else TOML (docs/appraisal-policy.md).
Result<AppraisalPolicy> load_appraisal_policy(const std::string& name);

}  // namespace assay
