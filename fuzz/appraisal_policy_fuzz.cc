// SPDX-License-Identifier: Apache-2.0
#include "policy/appraisal_policy.h"

#include "fuzz.h"

/// A policy is refused with a reason, or explains itself and decides one machine one way.
void fuzz(assay::Bytes in) {
  using namespace assay;
  const auto policy = AppraisalPolicy::parse("policy", as_text(in));
  if (!policy) return check_explained(policy);
  ASSAY_CHECK(!policy->explain().empty());
  MachineState machine;
  machine.bank = HashAlgorithm::sha1;
  const Verdict first = policy->appraise_machine(machine);
  const Verdict second = policy->appraise_machine(machine);
  ASSAY_CHECK(first.accepted() == second.accepted());
  ASSAY_CHECK(first.checks().size() == second.checks().size());
}
