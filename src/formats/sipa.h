// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace assay {

/// One value that Windows measured of itself.  Borrows.  Windows SDK wbcl.h: SIPAEVENT_*.
struct SipaValue {
  std::uint32_t type;
  std::uint32_t container;  ///< the type of the container it lies in; 0 at the top
  Bytes data;
};

/// Reads the data of a Windows event in PCR 11 to 14: `type, size, data` one after another, nested
/// in containers (whose type has 1 in bits 16 to 19).  The values in their order, without the
/// containers: at most 4,096, at most 8 deep; sizes must add up.
Result<std::vector<SipaValue>> parse_sipa(Bytes data);

/// What the boot manager and the loader of Windows measured, so far as verifiers ask for it.
struct WindowsState {
  std::optional<std::uint64_t> boot_count;
  std::optional<bool> cold_boot;       ///< not resumed from hibernation
  std::optional<bool> boot_debugging;  ///< true if any component says so, as the next four
  std::optional<bool> kernel_debugging;
  std::optional<bool> test_signing;
  std::optional<bool> safe_mode;
  std::optional<bool> winpe;
  std::optional<bool> code_integrity;  ///< false if any component says so
  std::optional<bool> data_execution_prevention;
  std::optional<bool> hypervisor;  ///< was launched
  std::optional<bool> virtual_secure_mode;
  std::uint32_t modules = 0;  ///< that the loader measured
};

/// Adds what `values` say to `out`; Fault::malformed for a value of another size than its type has,
/// or one that contradicts an earlier one.
Result<void> read_sipa(const std::vector<SipaValue>& values, WindowsState& out);

}  // namespace assay
