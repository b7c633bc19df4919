// SPDX-License-Identifier: Apache-2.0
#include "formats/confidential_technology.h"

#include <algorithm>

namespace assay {

namespace {

constexpr std::string_view kSignature{"GCE NonHostInfo\0", 16};

struct Names {
  std::string_view name, words, short_name;
};

constexpr Names names_of(ConfidentialTechnology technology) {
  switch (technology) {
    case ConfidentialTechnology::none:
      return {"NONE", "none", "none"};
    case ConfidentialTechnology::amd_sev:
      return {"AMD_SEV", "AMD SEV", "sev"};
    case ConfidentialTechnology::amd_sev_es:
      return {"AMD_SEV_ES", "AMD SEV-ES", "sev-es"};
    case ConfidentialTechnology::amd_sev_snp:
      return {"AMD_SEV_SNP", "AMD SEV-SNP", "sev-snp"};
    case ConfidentialTechnology::intel_tdx:
      return {"INTEL_TDX", "Intel TDX", "tdx"};
  }
  return {"unknown", "unknown", "unknown"};
}

}  // namespace

std::string_view name_of(ConfidentialTechnology technology) { return names_of(technology).name; }

std::string_view words_for(ConfidentialTechnology technology) { return names_of(technology).words; }

std::string_view short_name(ConfidentialTechnology technology) {
  return names_of(technology).short_name;
}

std::optional<ConfidentialTechnology> technology_named(std::string_view name) {
  for (const ConfidentialTechnology technology : kConfidentialTechnologies)
    if (short_name(technology) == name) return technology;
  return std::nullopt;
}

std::array<std::uint8_t, 32> gce_non_host_info(ConfidentialTechnology technology) {
  std::array<std::uint8_t, 32> out{};
  std::copy(kSignature.begin(), kSignature.end(), out.begin());
  out[kSignature.size()] = static_cast<std::uint8_t>(technology);
  return out;
}

bool is_gce_non_host_info(Bytes data) {
  return data.size() >= kSignature.size() &&
         equal(data.first(kSignature.size()), as_bytes(kSignature));
}

std::optional<ConfidentialTechnology> gce_technology(Bytes data) {
  for (const ConfidentialTechnology technology : kConfidentialTechnologies)
    if (equal(data, gce_non_host_info(technology))) return technology;
  return std::nullopt;
}

}  // namespace assay
