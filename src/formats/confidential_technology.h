// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"

namespace assay {

/// What protects a VM from its host.  The values are those of GceNonHostInfo.
enum class ConfidentialTechnology : std::uint8_t {
  none = 0,
  amd_sev = 1,
  amd_sev_es = 2,
  intel_tdx = 3,
  amd_sev_snp = 4
};

inline constexpr std::array kConfidentialTechnologies{
    ConfidentialTechnology::none, ConfidentialTechnology::amd_sev,
    ConfidentialTechnology::amd_sev_es, ConfidentialTechnology::amd_sev_snp,
    ConfidentialTechnology::intel_tdx};

/// "AMD_SEV", as in Google's messages.
std::string_view name_of(ConfidentialTechnology technology);
/// "AMD SEV", for people.
std::string_view words_for(ConfidentialTechnology technology);
/// "sev", as in options and policies.
std::string_view short_name(ConfidentialTechnology technology);
/// The technology of this short name.
std::optional<ConfidentialTechnology> technology_named(std::string_view short_name);

/// GceNonHostInfo, which Google's firmware measures into PCR 0 as EV_NONHOST_INFO: 16 bytes
/// "GCE NonHostInfo\0", the technology, 15 zeros.
std::array<std::uint8_t, 32> gce_non_host_info(ConfidentialTechnology technology);
/// Whether the data begins as one.
bool is_gce_non_host_info(Bytes data);
/// The technology that it names; nothing where the data is none, or names one not known here.
std::optional<ConfidentialTechnology> gce_technology(Bytes data);

}  // namespace assay
