// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

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
std::optional<WindowsState> read_windows(const ReplayedLog& replayed, Verdict& verdict) {
  constexpr const char* kId = "boot.windows.events";
  WindowsState out;
  bool any = false;
  std::array<bool, kPcrs> ended{};
  std::string fault;
  for (const JudgedEvent& e : replayed.events) {
    if (e.event->layout != RegisterLayout::tpm || e.event->pcr < kFirstPcr ||
        e.event->pcr > kLastPcr)
      continue;
    bool& done = ended[e.event->pcr - kFirstPcr];
    if (e.is(EventType::separator)) {
      if (done) fault = fmt::format("{}: a second separator", describe(*e.event));
      done = true;
    }
    if (done || !is_windows(e)) continue;
    any = true;
    const auto values = parse_sipa(e.event->data);
    const auto read = values ? read_sipa(*values, out) : Result<void>(pass_on(values));
    if (!read) fault = fmt::format("{}: {}", describe(*e.event), to_string(read.error()));
  }
  if (!any) {
    verdict.absent(kId, "not a boot of Windows");
    return std::nullopt;
  }
  verdict.require(kId, fault.empty(), "well-formed events that do not contradict each other",
                  fault.empty() ? fmt::format("{} modules", out.modules) : fault,
                  "newer Windows than this version knows, or the log was changed");
  if (!fault.empty()) return std::nullopt;
  return out;
}

}  // namespace assay
