// SPDX-License-Identifier: Apache-2.0
#include "boots/pcrlock_component.h"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <string_view>
#include <utility>

#include "boots/event_label.h"

namespace assay {

namespace {

/// Whether the register's separator, with which the firmware hands over, was measured already.
enum class Phase { early, late };

std::string_view firmware_code(Phase phase) {
  return phase == Phase::early ? "250-firmware-code-early" : "550-firmware-code-late";
}
std::string_view firmware_config(Phase phase) {
  return phase == Phase::early ? "250-firmware-config-early" : "550-firmware-config-late";
}
std::string_view secure_boot(Phase phase) {
  return phase == Phase::early ? "240-secureboot-policy" : "620-secureboot-authority";
}

std::string_view flow(const Event& event, Phase phase) {
  const bool separator = event.type == EventType::separator;
  switch (event.pcr) {
    case 4:
      return separator ? "500-separator" : "350-action-efi-application";
    case 5:
      return separator ? "500-separator" : "700-action-efi-exit-boot-services";
    case 7:
      return separator ? "400-secureboot-separator" : secure_boot(phase);
    default:
      return separator ? "500-separator" : firmware_config(phase);
  }
}

/// The component that measures such an event.
std::string_view component_of(const Event& event, const EventLabel& label, Phase phase) {
  // A unified kernel image measures all of its sections itself.
  if (event.pcr == 11) return "650-kernel";
  if (label.part == BootPart::flow) return flow(event, phase);
  if (event.pcr == 7) return secure_boot(phase);
  using enum BootPart;
  switch (label.part) {
    case firmware:
    case technology:
    case driver:
      return firmware_code(phase);
    case shim:
      return "630-shim";
    case bootloader:
      return "635-boot-loader";
    case bootloader_config:
      return "640-boot-loader-config";
    case mok:
      return "645-machine-owner-keys";
    case kernel:
      return "650-kernel";
    case command_line:
      return "710-kernel-cmdline";
    case initrd:
      return "720-kernel-initrd";
    case extension:
      return "730-extension";
    case partition_table:
      return "600-gpt";
    case secure_boot:
    case keys:
    case dbx:
    case authority:
    case settings:
    case flow:
    case other:
      break;
  }
  return firmware_config(phase);
}

}  // namespace

Result<std::vector<PcrlockComponent>> pcrlock_components(const ReplayedLog& replayed) {
  if (replayed.log->layout != RegisterLayout::tpm)
    return fail(Fault::malformed, "pcrlock",
                "a log of CC registers: systemd-pcrlock knows the PCRs of a TPM");
  const std::vector<EventLabel> labels = label_events(replayed);
  std::map<std::string, std::vector<PcrlockRecord>, std::less<>> components;
  std::array<std::string_view, kPcrCount> reached{};  ///< by each register so far
  std::array<Phase, kPcrCount> phases{};
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const Event& event = *replayed.events[i].event;
    if (event.type == EventType::no_action) continue;
    PcrlockRecord record{event.pcr, {}};
    for (std::size_t d = 0; d < event.digest_count; ++d)
      record.digests.emplace_back(event.digests[d].algorithm, event.digests[d].bytes);
    if (record.digests.empty())
      return fail(Fault::malformed, "pcrlock", describe(event) + " has no digest");
    std::string_view& last = reached[event.pcr];
    last = std::max(last, component_of(event, labels[i], phases[event.pcr]));
    if (event.type == EventType::separator) phases[event.pcr] = Phase::late;
    components[std::string(last)].push_back(std::move(record));
  }
  std::vector<PcrlockComponent> out;
  for (auto& [name, records] : components) out.push_back({name, std::move(records)});
  return out;
}

}  // namespace assay
