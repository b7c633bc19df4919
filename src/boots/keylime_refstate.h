// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "base/json.h"
#include "base/result.h"
#include "verify/replayed_log.h"

namespace assay {

/// The reference state of Keylime's measured-boot policy "example" that these boots fulfil, and
/// that policy_from_keylime reads: what each boot had is allowed, what all of them had revoked is
/// required.  All must have SHA-256 digests.
///
/// Fault::malformed where that policy cannot describe a boot: it knows shim, GRUB, a kernel with
/// one initial RAM disk and a command line, all with Secure Boot or all without.  Which file is the
/// kernel's and which the RAM disk is told from names that nobody measured, as Keylime tells it.
Result<json::object> keylime_refstate(std::span<const ReplayedLog* const> boots);

}  // namespace assay
