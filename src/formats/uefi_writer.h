// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "formats/uefi.h"

namespace assay {

/// UEFI_VARIABLE_DATA as firmware measures it.  PFP 1.06 section 10.2.6.  `name` in ASCII.
Buffer write_uefi_variable(const Guid& vendor, std::string_view name, Bytes data);

/// EFI_SIGNATURE_LISTs, one for each entry.  UEFI 2.10 section 32.4.1.
Buffer write_signature_lists(std::span<const SignatureEntry> entries);

}  // namespace assay
