// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
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

/// FVEB_UNLOCK_FLAG_*: with a key from memory, from a medium, from the TPM, a PIN, an external key,
/// or the recovery key.
struct BitLockerFlag {
  std::uint64_t bit;
  std::string_view name;
};
inline constexpr BitLockerFlag kBitLockerFlags[] = {{0x01, "cached"},   {0x02, "media"},
                                                    {0x04, "tpm"},      {0x10, "pin"},
                                                    {0x20, "external"}, {0x40, "recovery"}};
/// The names of the flags that are set; "unknown" for others; none: no volume was locked.
std::vector<std::string_view> bitlocker_words(std::uint64_t flags);

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
  std::optional<bool> vbs_required;  ///< virtualization-based security, by the machine's policy
  std::optional<bool> hibernation_disabled;
  /// How BitLocker's volumes were opened, all of them.
  std::optional<std::uint64_t> bitlocker_unlock;
  std::vector<std::string> elam_drivers;  ///< early-launch anti-malware: "Windows Defender"
  std::uint32_t modules = 0;              ///< that the loader measured
};

/// Adds what `values` say to `out`; Fault::malformed for a value of another size than its type has,
/// or one that contradicts an earlier one.
Result<void> read_sipa(const std::vector<SipaValue>& values, WindowsState& out);

}  // namespace assay
