// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "base/hex.h"
#include "verify/boot_parts.h"
#include "verify/register_layout.h"

namespace assay {

namespace {

/// The separators of one register, as they stand among its events.
struct Separators {
  std::uint32_t count = 0;
  bool used = false;             ///< the register got an event
  bool all_zero = true;          ///< each holds 00000000
  bool after_authority = false;  ///< one comes after something was vouched for
};

std::string fault_of(const Separators& s, std::uint32_t index, RegisterLayout layout,
                     LogExtent extent) {
  const auto name = [&] { return register_name(index, layout); };
  const bool may_be_none =
      extent == LogExtent::any || (layout == RegisterLayout::cc && index != register_of(7, layout));
  if (s.used && s.count == 0 && !may_be_none) return name() + " has 0";
  if (s.count > most_separators(index, layout)) return fmt::format("{} has {}", name(), s.count);
  if (s.count > 1 && !s.all_zero) return name() + " has several that differ";
  if (s.count > 1 && s.after_authority) return name() + " has one behind an authority";
  return {};
}

/// PFP 1.06 section 3.3.2.2: one EV_SEPARATOR in each of PCR 0 to 7 "delimits the Pre-OS and the
/// OS-present environment".  A second one could be forged by the OS to move the border.  A CC
/// register has those of all PCRs that it holds, so there the border is the first.
void check_separators(const ReplayedLog& replayed, LogExtent extent, Verdict& verdict) {
  const RegisterLayout layout = replayed.log->layout;
  constexpr std::uint32_t kTpmRegisters = 8, kCcRegisters = 3;
  constexpr std::uint8_t kZero[4] = {};
  const std::uint32_t registers = layout == RegisterLayout::tpm ? kTpmRegisters : kCcRegisters;
  std::array<Separators, kTpmRegisters> found{};
  bool authority = false;
  for (const JudgedEvent& e : replayed.events) {
    if (e.event->pcr >= registers || e.trust == DataTrust::unmeasured) continue;
    Separators& s = found[e.event->pcr];
    s.used = true;
    authority = authority || e.event->type == EventType::efi_variable_authority;
    if (!e.is(EventType::separator)) continue;
    ++s.count;
    // An empty one, which eventlog.data.shape refuses, comes this far.
    s.all_zero = s.all_zero && equal(e.event->data, kZero);
    s.after_authority = s.after_authority || authority;
  }
  std::vector<std::string> wrong;
  for (std::uint32_t i = 0; i < registers; ++i)
    if (std::string fault = fault_of(found[i], i, layout, extent); !fault.empty())
      wrong.push_back(std::move(fault));
  const bool any =
      std::any_of(found.begin(), found.end(), [](const auto& s) { return s.count > 0; });
  constexpr const char* kId = "boot.separators.once";
  if (wrong.empty() && !any) return verdict.absent(kId, "no separator in the log");
  verdict.require(kId, wrong.empty(),
                  layout == RegisterLayout::tpm
                      ? "one separator in each of PCR 0-7"
                      : "the separators of the PCRs that a register holds",
                  wrong.empty() ? "one each" : fmt::format("{}", fmt::join(wrong, ", ")),
                  "the firmware did not finish its measurements, or the log was changed");
}

/// UTF-16LE "GCE Virtual Firmware v", decimal digits, U+0000.
std::optional<std::uint32_t> gce_firmware_version(Bytes scrtm_version) {
  constexpr std::string_view kPrefix = "GCE Virtual Firmware v";
  if (scrtm_version.size() % 2 != 0) return std::nullopt;
  std::string ascii;
  ascii.reserve(scrtm_version.size() / 2);
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

bool is_gce_non_host(const JudgedEvent& e) {
  return e.is(EventType::nonhost_info) && is_gce_non_host_info(e.event->data);
}

/// The events that the firmware itself measured into PCR 0: those before its separator, and before
/// a record of Boot Guard that looks like one, because it could be the separator, relabelled.
std::vector<const JudgedEvent*> firmware_events(const ReplayedLog& replayed) {
  std::vector<const JudgedEvent*> out;
  for (const JudgedEvent& e : replayed.events) {
    if (e.event->pcr != 0) continue;
    if (e.is(EventType::separator) || e.event == replayed.boot_guard_record) break;
    out.push_back(&e);
  }
  return out;
}

void read_version(const std::vector<const JudgedEvent*>& events, LogExtent extent,
                  PlatformState& out, Verdict& verdict) {
  constexpr const char* kId = "boot.firmware.version";
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
  if (version == nullptr && extent == LogExtent::any)
    return verdict.absent(kId, "no EV_S_CRTM_VERSION before the separator");
  verdict.require(kId, version != nullptr && once, "one measured EV_S_CRTM_VERSION in PCR 0",
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
  const auto technology = gce_technology(first->data);
  if (technology) out.technology = *technology;
  verdict.require(kId, once && technology, "one GceNonHostInfo with a known technology",
                  !once        ? "several"
                  : technology ? std::string(name_of(*technology))
                               : hex(first->data),
                  "newer firmware than this version knows, or the log was changed");
}

}  // namespace

PlatformState read_platform(const ReplayedLog& replayed, LogExtent extent, Verdict& verdict) {
  check_separators(replayed, extent, verdict);
  PlatformState out;
  if (replayed.log->layout == RegisterLayout::cc) {
    verdict.absent("boot.firmware.version", "in MRTD, which has no events");
    verdict.absent("boot.firmware.technology", "said by the CPU's own evidence, not by a log");
    return out;
  }
  const auto events = firmware_events(replayed);
  read_version(events, extent, out, verdict);
  read_technology(events, out, verdict);
  return out;
}

}  // namespace assay
