// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "policy/policy_rule.h"

namespace assay {

/// [uki.sections]: a section of a unified kernel image by its name, and the digests it may have.  A
/// section that was measured and that the table does not name fails.
Result<std::vector<PolicyRule>> read_uki_rules(const TomlItem& item);

}  // namespace assay
