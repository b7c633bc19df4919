// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "base/result.h"
#include "verify/machine_state.h"

namespace assay {

/// Which quotes a policy has judged.
enum class BaselineBank {
  strongest,  ///< all of them; the machine is read from the strongest
  only,       ///< of the bank of the states alone
};

/// Writes an appraisal policy (docs/appraisal-policy.md) that good boots fulfil: for each thing
/// that was measured, what these boots had, and nothing that none of them had.  What differs
/// between them is allowed as each of them had it; revocations (dbx) and the firmware version may
/// only grow.  The text is TOML with comments, for a person to read and to loosen.
///
/// All states must be of one bank, and trusted by the caller: whatever they hold becomes allowed.
/// Fault::malformed for none, or for states of several banks.
Result<std::string> write_baseline(std::span<const MachineState* const> boots,
                                   BaselineBank bank = BaselineBank::strongest);

}  // namespace assay
