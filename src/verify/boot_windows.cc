// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "formats/sipa.h"
#include "verify/boot_parts.h"
#include "verify/measured_data.h"

namespace assay {

namespace {

constexpr std::uint32_t kFirstPcr = 12, kLastPcr = 13, kPcrs = kLastPcr - kFirstPcr + 1;

/// Tags of Windows are types of its own values; Linux' and systemd's have other shapes.
bool is_windows(const JudgedEvent& e) {
  const auto tag = tag_of(e.event->data);
  constexpr std::uint32_t kContainer = 0x00010000, kKind = 0x000F0000;
  return e.is(EventType::event_tag) && tag && (*tag & kKind) == kContainer &&
         (*tag & 0x40000000) != 0;
}

}  // namespace

/// Windows ends its PCRs with the separator "WBCL": what follows is the running system's word.
/// Before it only Windows measures there, so anything else may be an event of its, relabelled to
/// hide what it says.
std::optional<WindowsState> read_windows(const ReplayedLog& replayed, LogExtent extent,
                                         Verdict& verdict) {
  constexpr const char* kId = "boot.windows.events";
  struct Register {
    bool used = false, ended = false;
    const Event* foreign = nullptr;
  };
  WindowsState out;
  std::array<Register, kPcrs> registers{};
  std::string fault;
  for (const JudgedEvent& e : replayed.events) {
    if (e.event->layout != RegisterLayout::tpm || e.event->pcr < kFirstPcr ||
        e.event->pcr > kLastPcr || e.trust == DataTrust::unmeasured)
      continue;
    Register& r = registers[e.event->pcr - kFirstPcr];
    if (e.is(EventType::separator)) {
      if (r.ended) fault = fmt::format("{}: a second separator", describe(*e.event));
      r.ended = true;
    }
    if (r.ended) continue;
    if (!is_windows(e)) {
      if (r.foreign == nullptr) r.foreign = e.event;
      continue;
    }
    r.used = true;
    const auto values = parse_sipa(e.event->data);
    const auto read = values ? read_sipa(*values, out) : Result<void>(pass_on(values));
    if (!read) fault = fmt::format("{}: {}", describe(*e.event), to_string(read.error()));
  }
  if (std::none_of(registers.begin(), registers.end(), [](const auto& r) { return r.used; })) {
    verdict.absent(kId, "not a boot of Windows");
    return std::nullopt;
  }
  for (const Register& r : registers) {
    if (fault.empty() && r.foreign != nullptr)
      fault = fmt::format("{}: may hide an event of Windows", describe(*r.foreign));
    if (fault.empty() && !r.ended && extent == LogExtent::whole_boot)
      fault = "no separator ends what the loader measured";
  }
  verdict.require(kId, fault.empty(), "well-formed events that do not contradict each other",
                  fault.empty() ? fmt::format("{} modules", out.modules) : fault,
                  "newer Windows than this version knows, or the log was changed");
  if (!fault.empty()) return std::nullopt;
  return out;
}

}  // namespace assay
