// SPDX-License-Identifier: Apache-2.0
#include "policy/claims_policy.h"

#include "fuzz.h"

/// A policy is refused with a reason, or allows a token without claims nothing, and a secret that
/// it does not list to nobody.
void fuzz(assay::Bytes in) {
  using namespace assay;
  const auto policy = ClaimsPolicy::parse("policy", as_text(in));
  if (!policy) return check_explained(policy);
  for (const std::string& secret : policy->secrets()) {
    ASSAY_CHECK(!policy->appraise(secret, {}).accepted());
  }
  ASSAY_CHECK(!policy->appraise("no secret has this name", {{"hwmodel", "x"}}).accepted());
}
