// SPDX-License-Identifier: Apache-2.0
#include "formats/uefi.h"
#include "verify/boot_parts.h"
#include "verify/register_layout.h"

namespace assay {

namespace {

constexpr std::uint32_t kPolicyPcr = 7, kMokPcr = 14;

/// shim logs the name of a variable and one NUL, and measures the content (shim, mok.c).
std::optional<std::string> mok_name(const Event& event) {
  const std::string_view text = as_text(event.data);
  if (event.type != EventType::ipl || !is_in(event, kMokPcr) || !text.starts_with("Mok"))
    return std::nullopt;
  return std::string(text.substr(0, text.find('\0')));
}

/// "SbatLevel" of shim's vendor GUID, as far as its digest covers it.
std::optional<std::string> sbat_level(const JudgedEvent& e) {
  const bool vouched = e.trust == DataTrust::whole || e.trust == DataTrust::part;
  if (!vouched || e.event->type != EventType::efi_variable_authority ||
      !is_in(*e.event, kPolicyPcr))
    return std::nullopt;
  const auto variable = parse_uefi_variable(e.event->data);
  if (!variable || variable->vendor != kShimLock || variable->name != "SbatLevel")
    return std::nullopt;
  return to_text(variable->data);
}

/// Whether shim's own keys vouched for an image: by then a shim that has a level has measured it.
bool is_vouched_by_shim(const JudgedEvent& e) {
  if (e.event->type != EventType::efi_variable_authority || !is_in(*e.event, kPolicyPcr))
    return false;
  const auto variable = parse_uefi_variable(e.event->data);
  return variable && variable->vendor == kShimLock && variable->name != "SbatLevel" &&
         variable->name != "MokListTrusted";
}

}  // namespace

std::optional<ShimState> read_shim(const ReplayedLog& replayed) {
  ShimState out;
  bool too_late = false;  // then it is the running system's word
  for (const JudgedEvent& e : replayed.events) {
    too_late = too_late || is_vouched_by_shim(e);
    // A second shim in the chain measures its own level again: the first is the firmware's choice.
    if (auto level = sbat_level(e); level && !out.sbat_level && !too_late)
      out.sbat_level = std::move(level);
    if (auto name = mok_name(*e.event))
      out.variables.push_back({std::move(*name), replayed.digest(*e.event)});
  }
  if (!out.sbat_level && out.variables.empty()) return std::nullopt;
  return out;
}

}  // namespace assay
