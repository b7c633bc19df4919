// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>

#include "base/hex.h"
#include "verify/boot_parts.h"

namespace assay {

namespace {

/// PFP 1.06 section 3.3.2.2: one EV_SEPARATOR in each of PCR 0 to 7 "delimits the Pre-OS and the
/// OS-present environment".  A second one could be forged by the OS to move the border.
void check_separators(const ReplayedLog& replayed, Verdict& verdict) {
  constexpr std::uint32_t kFirmwarePcrs = 8;
  std::array<int, kFirmwarePcrs> separators{};
  std::array<bool, kFirmwarePcrs> used{};
  for (const JudgedEvent& e : replayed.events) {
    if (e.event->pcr >= kFirmwarePcrs || e.trust == DataTrust::unmeasured) continue;
    used[e.event->pcr] = true;
    separators[e.event->pcr] += e.is(EventType::separator) ? 1 : 0;
  }
  std::vector<std::string> wrong;
  for (std::uint32_t pcr = 0; pcr < kFirmwarePcrs; ++pcr)
    if (used[pcr] && separators[pcr] != 1)
      wrong.push_back(fmt::format("PCR {} has {}", pcr, separators[pcr]));
  verdict.require("boot.separators.once", wrong.empty(), "one separator in each of PCR 0-7",
                  wrong.empty() ? "one each" : fmt::format("{}", fmt::join(wrong, ", ")),
                  "the firmware did not finish its measurements, or the log was changed");
}

/// UTF-16LE "GCE Virtual Firmware v", decimal digits, U+0000.
std::optional<std::uint32_t> gce_firmware_version(Bytes scrtm_version) {
  constexpr std::string_view kPrefix = "GCE Virtual Firmware v";
  if (scrtm_version.size() % 2 != 0) return std::nullopt;
  std::string ascii;
  for (std::size_t i = 0; i < scrtm_version.size(); i += 2) {
    if (scrtm_version[i + 1] != 0) return std::nullopt;
    ascii.push_back(static_cast<char>(scrtm_version[i]));
  }
  if (!ascii.starts_with(kPrefix) || ascii.back() != '\0') return std::nullopt;
  const char* const first = ascii.data() + kPrefix.size();
  const char* const last = ascii.data() + ascii.size() - 1;
  std::uint32_t version = 0;
  const auto [end, error] = std::from_chars(first, last, version);
  if (error != std::errc() || end != last) return std::nullopt;
  return version;
}

/// 16 bytes "GCE NonHostInfo\0", the technology, reserved zeros.
std::optional<ConfidentialTechnology> technology_of(Bytes data) {
  constexpr std::size_t kAt = 16, kSize = 32;
  constexpr std::uint8_t kLast = 4;
  if (data.size() != kSize || data[kAt] > kLast) return std::nullopt;
  for (const std::uint8_t reserved : data.subspan(kAt + 1))
    if (reserved != 0) return std::nullopt;
  return static_cast<ConfidentialTechnology>(data[kAt]);
}

bool is_gce_non_host(const JudgedEvent& e) {
  constexpr std::string_view kSignature{"GCE NonHostInfo\0", 16};
  return e.is(EventType::nonhost_info) && e.event->data.size() >= kSignature.size() &&
         equal(e.event->data.first(kSignature.size()), as_bytes(kSignature));
}

/// The events that the firmware itself measured into PCR 0: those before its separator.
std::vector<const JudgedEvent*> firmware_events(const ReplayedLog& replayed) {
  std::vector<const JudgedEvent*> out;
  for (const JudgedEvent& e : replayed.events) {
    if (e.event->pcr != 0) continue;
    if (e.is(EventType::separator)) break;
    out.push_back(&e);
  }
  return out;
}

void read_version(const std::vector<const JudgedEvent*>& events, PlatformState& out,
                  Verdict& verdict) {
  const Event* version = nullptr;
  bool once = true;
  for (const JudgedEvent* e : events) {
    if (!e->is(EventType::s_crtm_version)) continue;
    once = version == nullptr;
    version = e->event;
  }
  if (version != nullptr) {
    out.scrtm_version = to_buffer(version->data);
    out.gce_firmware_version = gce_firmware_version(version->data);
  }
  verdict.require("boot.firmware.version", version != nullptr && once,
                  "one measured EV_S_CRTM_VERSION in PCR 0",
                  version == nullptr ? "none before the separator"
                  : !once            ? "several"
                  : out.gce_firmware_version
                      ? fmt::format("GCE Virtual Firmware v{}", *out.gce_firmware_version)
                      : hex(out.scrtm_version),
                  "the firmware does not say what it is, or the log was changed");
}

/// At most one GceNonHostInfo, of a technology we know.  Firmware that is not Google's has none.
void read_technology(const std::vector<const JudgedEvent*>& events, PlatformState& out,
                     Verdict& verdict) {
  constexpr const char* kId = "boot.firmware.technology";
  const Event* first = nullptr;
  bool once = true;
  for (const JudgedEvent* e : events) {
    if (!is_gce_non_host(*e)) continue;
    once = first == nullptr;
    if (once) first = e->event;
  }
  if (first == nullptr) return verdict.absent(kId, "no GceNonHostInfo: not Google's firmware");
  const auto technology = technology_of(first->data);
  if (technology) out.technology = *technology;
  verdict.require(kId, once && technology, "one GceNonHostInfo with a known technology",
                  !once        ? "several"
                  : technology ? std::string(name_of(*technology))
                               : hex(first->data),
                  "newer firmware than this version knows, or the log was changed");
}

}  // namespace

std::string_view name_of(ConfidentialTechnology technology) {
  switch (technology) {
    case ConfidentialTechnology::none:
      return "NONE";
    case ConfidentialTechnology::amd_sev:
      return "AMD_SEV";
    case ConfidentialTechnology::amd_sev_es:
      return "AMD_SEV_ES";
    case ConfidentialTechnology::intel_tdx:
      return "INTEL_TDX";
    case ConfidentialTechnology::amd_sev_snp:
      return "AMD_SEV_SNP";
  }
  return "unknown";
}

PlatformState read_platform(const ReplayedLog& replayed, Verdict& verdict) {
  check_separators(replayed, verdict);
  const auto events = firmware_events(replayed);
  PlatformState out;
  read_version(events, out, verdict);
  read_technology(events, out, verdict);
  return out;
}

}  // namespace assay
