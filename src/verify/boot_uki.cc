// SPDX-License-Identifier: Apache-2.0
#include "verify/boot_uki.h"

#include <fmt/format.h>

#include <algorithm>

#include "verify/register_layout.h"

namespace assay {

namespace {
constexpr std::uint32_t kUkiPcr = 11;
}  // namespace

void UkiReader::read(const JudgedEvent& e) {
  if (!is_in(*e.event, kUkiPcr) || e.event->layout != RegisterLayout::tpm) return read_folded(e);
  if (e.trust == DataTrust::unmeasured || e.is(EventType::separator)) return;
  const auto section = e.event->type == EventType::ipl ? uki_section(e.event->data) : std::nullopt;
  // Where sections are, everything else may be a section that was relabelled to hide it.
  if (!section) {
    if (foreign_ == nullptr) foreign_ = e.event;
    return;
  }
  read_section(e, *section);
}

std::optional<UkiState> UkiReader::finish(Verdict& verdict) {
  constexpr const char* kId = "boot.uki.sections";
  if (state_.sections.empty() && named_.empty() && fault_.empty()) {
    verdict.absent(kId, "no unified kernel image");
    return std::nullopt;
  }
  if (fault_.empty() && foreign_ != nullptr)
    fault_ = fmt::format("{}: not a section", describe(*foreign_));
  if (fault_.empty() && !named_.empty()) fault_ = fmt::format("{} has no content", named_);
  verdict.require(kId, fault_.empty(), "the measured name of each section before its content",
                  fault_.empty() ? fmt::format("{} sections", state_.sections.size()) : fault_,
                  "the log was changed, or something else extended PCR 11 before the kernel");
  if (!fault_.empty()) return std::nullopt;
  return std::move(state_);
}

/// A register of a CC log holds other PCRs too, so only what names a section is looked at.
void UkiReader::read_folded(const JudgedEvent& e) {
  if (e.event->type != EventType::ipl || !is_in(*e.event, kUkiPcr)) return;
  if (const auto section = uki_section(e.event->data)) read_section(e, *section);
}

void UkiReader::read_section(const JudgedEvent& e, std::string_view section) {
  if (e.trust == DataTrust::part) {
    // The stub measures each section once: a second one was extended later, by somebody else.
    if (!named_.empty() || find_section(state_, section) != nullptr) bad(e);
    named_ = section;
  } else if (e.trust == DataTrust::elsewhere && named_ == section) {
    state_.sections.push_back({std::string(section), replayed_.digest(*e.event)});
    named_ = {};
  } else {
    bad(e);
  }
}

void UkiReader::bad(const JudgedEvent& e) {
  if (fault_.empty()) fault_ = fmt::format("{}: not one name and its content", describe(*e.event));
}

const Digest* find_section(const UkiState& uki, std::string_view name) {
  const auto found = std::find_if(uki.sections.begin(), uki.sections.end(),
                                  [&](const UkiState::Section& s) { return s.name == name; });
  return found == uki.sections.end() ? nullptr : &found->digest;
}

}  // namespace assay
