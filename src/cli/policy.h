// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/io.h"

namespace assay {

/// `assay policy check FILE`, `assay policy explain FILE`.
struct PolicyOptions {
  std::string file;
  bool json = false;  ///< one object instead of text
};
/// Is the policy understood?  0, or 1 with the line and what is wrong there: here the file is what
/// is judged.  Everywhere else a policy that is not understood is 2.
int run_policy_check(const PolicyOptions& options, Io io);
/// Prints the policy in plain sentences.
int run_policy_explain(const PolicyOptions& options, Io io);

/// `assay policy test FILE CASES`.
struct PolicyTestOptions {
  std::string file;
  std::string cases;  ///< a directory of NAME.toml: cli/policy_case.h
  bool json = false;
};
/// Decides each case.  0 if all were decided as they say, 1 if one was not, 2 where the policy or a
/// case is not understood, 3 without cases.
int run_policy_test(const PolicyTestOptions& options, Io io);

/// `assay policy import --keylime FILE`.
struct PolicyImportOptions {
  std::string keylime;
};
/// Prints a policy in TOML.
int run_policy_import(const PolicyImportOptions& options, Io io);

}  // namespace assay
