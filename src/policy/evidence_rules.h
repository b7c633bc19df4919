// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "policy/policy_rule.h"

namespace assay {

/// The section [evidence]: `banks`, `allow_sha1`, `allow_emulated`; and what holds without it.
Result<std::vector<PolicyRule>> read_evidence_rules(std::span<const TomlItem> items);

/// [pcrs.BANK]: a register by its number, and the values it may have.  A rule about a register is
/// one about what is measured into it.
Result<std::vector<PolicyRule>> read_pcr_rules(const TomlItem& item);

}  // namespace assay
