// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy/evidence_terms.h"
#include "policy/expression/expression.h"
#include "policy/policy_rule.h"
#include "verify/authentic.h"
#include "verify/vtpm.h"

namespace assay {

/// A condition that a policy's author wrote: holds where the expression is true.
struct PolicyCondition {
  std::string name;
  std::string because;  ///< for whoever is refused
  CelExpression that;
};

/// What a machine must be: a TOML file (docs/appraisal-policy.md).  Content and not PCR values, one
/// check for each rule.
///
/// Deny by default: a policy says something about the platform, Secure Boot, the programs that were
/// started, the kernel and the instance, or names these in `accept_any`; drivers and containers
/// that a machine has and the policy does not speak about are refused; a claim that a rule needs
/// and the evidence lacks fails it; a machine of an emulator fails unless `allow_emulated`.
class AppraisalPolicy {
 public:
  /// Fault::malformed names the line.
  static Result<AppraisalPolicy> parse(std::string_view where, std::string_view toml);

  /// Every rule as a check "policy.*", in the order of the file.  Pure.
  [[nodiscard]] Verdict appraise(const Authentic<VtpmClaims>& claims, Instant now) const;
  /// The rules about the machine alone, asked of a state that need not be authentic: for tools that
  /// compare boots.  Rules that need more are recorded as not checked.
  [[nodiscard]] Verdict appraise_machine(const MachineState& machine) const;

  /// The policy in plain sentences, in the order of the file.
  [[nodiscard]] std::vector<std::string> explain() const;

  /// The areas that `accept_any` names and no rule asks about: any machine passes there.
  [[nodiscard]] std::vector<std::string> open_areas() const;

  /// What is asked of whoever authenticates the evidence.
  [[nodiscard]] const EvidenceTerms& terms() const { return terms_; }

  /// Built by hand, for policies that come in another form.
  explicit AppraisalPolicy(std::vector<PolicyRule> rules, std::vector<PolicyArea> accept_any)
      : rules_(std::move(rules)), accept_any_(std::move(accept_any)) {}

 private:
  AppraisalPolicy() = default;
  void appraise_unruled(const PolicySubject& subject, Verdict& verdict) const;
  [[nodiscard]] bool speaks_about(PolicyArea area) const;
  [[nodiscard]] bool asks_about(PolicyArea area) const;

  std::vector<PolicyRule> rules_;
  std::vector<PolicyCondition> conditions_;
  std::vector<PolicyArea> accept_any_;
  EvidenceTerms terms_;
};

}  // namespace assay
