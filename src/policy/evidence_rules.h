// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "policy/policy_rule.h"

namespace assay {

/// The section [evidence]: `banks`, `minimum_nonce_bytes`, `allow_sha1`, `allow_emulated`,
/// `allow_operator_trust`, `only_bank`; and what holds without it.
Result<std::vector<PolicyRule>> read_evidence_rules(std::span<const TomlItem> items,
                                                    std::optional<HashAlgorithm>& only_bank);

/// What holds of the evidence under a policy of another tool: its users choose their nonces.
std::vector<PolicyRule> evidence_rules_of_other_policies();

/// [pcrs.BANK]: a register by its number, and the values it may have.  A rule about a register is
/// one about what is measured into it.
Result<std::vector<PolicyRule>> read_pcr_rules(const TomlItem& item);

}  // namespace assay
