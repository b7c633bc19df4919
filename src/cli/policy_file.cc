// SPDX-License-Identifier: Apache-2.0
#include "cli/policy_file.h"

#include "host/file.h"
#include "policy/gotpm_policy.h"

namespace assay {

Result<AppraisalPolicy> load_appraisal_policy(const std::string& name) {
  constexpr std::size_t kMaxPolicyFile = 1024 * 1024;
  const auto file = read_file(name, kMaxPolicyFile);
  if (!file) return pass_on(file);
  for (const char* ending : {".textproto", ".txtpb", ".pbtxt"})
    if (name.ends_with(ending)) return parse_gotpm_policy(name, as_text(*file));
  return AppraisalPolicy::parse(name, as_text(*file));
}

}  // namespace assay
