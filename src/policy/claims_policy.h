// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "verify/check.h"

namespace assay {

/// Which tokens may have which secret.  A TOML file (docs/secrets-policy.md):
///
///     [secrets."db-password"]
///     hwmodel = ["GCP_AMD_SEV"]              # any of these values
///     secboot = [true]
///     sub = ["https://www.googleapis.com/compute/v1/projects/p/*"]   # a final * matches any rest
///     "submods.gce.project_id" = ["my-project"]
///
/// Every claim named must be in the token with one of the listed values.  A secret without a table,
/// an empty table and an empty list allow nobody.
class ClaimsPolicy {
 public:
  /// Fault::malformed names line and key.
  static Result<ClaimsPolicy> parse(std::string_view where, std::string_view toml);
  /// Each rule as a check "policy.claim/<name>"; "policy.secret.listed" first.
  [[nodiscard]] Verdict appraise(const std::string& secret, const json::object& claims) const;
  [[nodiscard]] std::vector<std::string> secrets() const;

 private:
  struct Rule {
    std::string claim;  ///< path of member names, dotted
    std::vector<json::value> allowed;
  };
  std::map<std::string, std::vector<Rule>> rules_;
};

}  // namespace assay
