// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "formats/event_log.h"

namespace assay {

/// The register that a layout folds a PCR into: itself in a TPM; of CC registers 1 holds PCR 1 and
/// 7, 2 holds 2 to 6, 3 holds 8 to 15 and 0 (MRTD) holds PCR 0.  Intel TDX Virtual Firmware Design
/// Guide, table 8.3; UEFI 2.10 section 38.4.1.
constexpr std::uint32_t register_of(std::uint32_t pcr, RegisterLayout layout) {
  if (layout == RegisterLayout::tpm || pcr == 0) return pcr;
  if (pcr == 1 || pcr == 7) return 1;
  return pcr <= 6 ? 2 : 3;
}

/// Whether the event extends the register that holds `pcr`.
inline bool is_in(const Event& event, std::uint32_t pcr) {
  return event.pcr == register_of(pcr, event.layout);
}

/// "PCR 7"; "RTMR0" for CC register 1, "MRTD" for 0.
std::string register_name(std::uint32_t index, RegisterLayout layout);

/// How many separators firmware leaves in a register: one for each PCR that is folded into it, and
/// in RTMR0 a third, because firmware that ends PCR 7 early does so again with the others.
constexpr std::uint32_t most_separators(std::uint32_t index, RegisterLayout layout) {
  if (layout == RegisterLayout::tpm) return 1;
  constexpr std::uint32_t kFolded[] = {0, 3, 5, 0, 0};
  return index < 5 ? kFolded[index] : 0;
}

}  // namespace assay
