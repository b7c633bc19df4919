// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "policy/evidence_terms.h"
#include "policy/policy_rule.h"

namespace assay {

/// The section [evidence]: `banks`, `minimum_nonce_bytes`, `allow_emulated`,
/// `allow_operator_trust`, and what holds without it; `only_bank`, `allow_sha1`, `require_crl` and
/// `maximum_crl_age_hours`, which `terms` has too.
Result<std::vector<PolicyRule>> read_evidence_rules(std::span<const TomlItem> items,
                                                    EvidenceTerms& terms);

/// What holds of the evidence under a policy of another tool: its users choose their nonces.
std::vector<PolicyRule> evidence_rules_of_other_policies();

/// [pcrs.BANK]: a register by its number, and the values it may have.  A rule about a register is
/// one about what is measured into it.
Result<std::vector<PolicyRule>> read_pcr_rules(const TomlItem& item);

}  // namespace assay
