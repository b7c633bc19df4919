// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "base/hash_algorithm.h"

namespace assay {

/// The words that systemd extends PCR 11 by after the firmware's log, where these lead from one
/// value to the other: "enter-initrd, leave-initrd".  Nothing where they do not: only the known
/// words, in their order, without a gap, from any of them on (a machine may have no initial RAM
/// disk).  systemd-pcrphase.service(8).
std::optional<std::string> phases_between(const Digest& logged, const Digest& quoted);

}  // namespace assay
