// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "formats/confidential_technology.h"

namespace assay {

/// The event log of a measured boot in the shape of a Google Compute Engine VM's: firmware version
/// and confidential technology, Secure Boot on with keys made for this boot, shim, GRUB with its
/// commands and files, a kernel with its command line, the end of boot services.  Banks SHA-1,
/// SHA-256 and SHA-384.  The programs' digests are of names: nothing with those digests exists.
Result<Buffer> synthesize_boot(ConfidentialTechnology technology, Instant now);

}  // namespace assay
