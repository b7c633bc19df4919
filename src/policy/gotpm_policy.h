// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "policy/appraisal_policy.h"

namespace assay {

/// Reads go-tpm-tools' `attest.Policy` in text form, with its meaning: only the platform is asked
/// about, and technologies are compared as that message numbers them.  Fields that go-tpm-tools
/// does not judge are refused, as are unknown ones.  Emulated machines and SHA-1 are refused as by
/// every policy of ours.  Fault::malformed.
Result<AppraisalPolicy> parse_gotpm_policy(std::string_view where, std::string_view text);

}  // namespace assay
