// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "base/bytes.h"
#include "base/result.h"

namespace assay {

/// The firmware's event log as the Linux kernel exports it: tpm0/binary_bios_measurements, tpm1/...
/// below `securityfs`; the first that is not empty.  Fault::unavailable says why a kernel exports
/// none (no securityfs, not root, booted without the EFI stub) and what to do.
Result<Buffer> read_kernel_log(const std::filesystem::path& securityfs = "/sys/kernel/security");

/// A log in a file, with the same answer to an empty one.
Result<Buffer> read_event_log(const std::filesystem::path& file);

}  // namespace assay
