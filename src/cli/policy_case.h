// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "policy/appraisal_policy.h"

namespace assay {

/// Recorded evidence and what a policy must make of it: a TOML file (docs/appraisal-policy.md,
/// "Cases").
struct PolicyCase {
  enum class Decision { accepted, rejected };

  std::string name;  ///< the file's, without .toml
  std::filesystem::path evidence;
  Buffer nonce;
  Instant now{};
  std::vector<std::string> trust;          ///< as --trust takes them
  std::vector<std::filesystem::path> crl;  ///< as --crl takes them
  std::filesystem::path ima_log;           ///< as --ima-log takes it; empty for none
  Decision decision = Decision::rejected;
  std::vector<std::string> failing;  ///< ids of the policy's checks
};

/// Reads a case; paths in it are beside it.  Fault::malformed names the line.
Result<PolicyCase> load_policy_case(const std::filesystem::path& file);

/// How a case was decided.
struct PolicyCaseResult {
  bool as_wanted;
  std::string words;  ///< what was wanted and what came, where that differs
};

/// Holds the evidence of a case against the policy.  Fault::unavailable where a file of the case
/// cannot be read.
Result<PolicyCaseResult> decide_case(const PolicyCase& one, const AppraisalPolicy& policy);

}  // namespace assay
