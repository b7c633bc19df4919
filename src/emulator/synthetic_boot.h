// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"

namespace assay {

/// The technology byte of the GceNonHostInfo event that Google's firmware measures into PCR 0.
enum class BootTechnology : std::uint8_t { none = 0, sev = 1, sev_es = 2, tdx = 3, sev_snp = 4 };

/// "none", "sev", "sev-es", "tdx", "sev-snp".
std::optional<BootTechnology> boot_technology(std::string_view name);

/// The event log of a measured boot in the shape of a Google Compute Engine VM's: firmware version
/// and confidential technology, Secure Boot on with keys made for this boot, shim, GRUB with its
/// commands and files, a kernel with its command line, the end of boot services.  Banks SHA-1,
/// SHA-256 and SHA-384.  The programs' digests are of names: nothing with those digests exists.
Result<Buffer> synthesize_boot(BootTechnology technology, Instant now);

}  // namespace assay
