// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "policy/policy_rule.h"

namespace assay {

/// [uki.sections]: a section of a unified kernel image by its name, and the digests it may have.  A
/// section that was measured and that the table does not name fails.
Result<std::vector<PolicyRule>> read_uki_rules(const TomlItem& item);

/// What stands beside [uki.sections]: GRUB was told to load no kernel, which runs in the image's
/// place while root extends the sections into a PCR 11 that was left empty.
PolicyRule no_grub_kernel_rule();

/// What stands beside [uki.sections] where [pcrs] does not list PCR 12 and 13: nothing was added to
/// the image there, neither another command line nor add-ons, credentials or system extensions.
PolicyRule no_additions_rule();

}  // namespace assay
