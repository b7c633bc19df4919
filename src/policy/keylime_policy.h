// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace assay {

/// A policy in TOML out of Keylime's measured-boot reference state (the JSON that its "example"
/// policy takes): Secure Boot, its keys, what is revoked, the programs that are started and the
/// kernel's command line.  What a policy of ours cannot say is left in it as a remark, and what the
/// reference state does not speak about is in accept_any.  Fault::malformed.
Result<std::string> policy_from_keylime(std::string_view where, std::string_view json);

}  // namespace assay
