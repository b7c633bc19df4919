// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "verify/machine_state.h"

namespace assay {

/// Which quotes a policy has judged.
enum class BaselineBank {
  strongest,  ///< all of them; the machine is read from the strongest
  only,       ///< of the bank of the states alone
};

/// One boot that a policy is made of.
struct GoodBoot {
  std::string name;  ///< for messages: the log's file
  const MachineState* state;
};

/// Areas that a policy may accept anything in, as its `accept_any` names them.
bool is_open_to_choice(std::string_view area);

/// Writes an appraisal policy (docs/appraisal-policy.md) that good boots fulfil: for each thing
/// that was measured, what these boots had, and nothing that none of them had.  What differs
/// between them is allowed as each of them had it; revocations (dbx) and the firmware version may
/// only grow.  The text is TOML with comments, for a person to read and to loosen.
///
/// No area is left open but those that `accept_any` names, the instance, of which no log speaks,
/// and Secure Boot where it was off in all boots (a comment says so).  The policy is held against
/// each of the boots before it is returned.
///
/// All states must be of one bank, and trusted by the caller: whatever they hold becomes allowed.
/// Fault::malformed for none, for states of several banks, for an area that the logs do not let pin
/// (with the reason), and for boots that one policy cannot describe (with the rules that fail).
Result<std::string> write_baseline(std::span<const GoodBoot> boots,
                                   BaselineBank bank = BaselineBank::strongest,
                                   const std::vector<std::string>& accept_any = {});

}  // namespace assay
