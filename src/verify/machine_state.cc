// SPDX-License-Identifier: Apache-2.0
#include "verify/machine_state.h"

#include "verify/boot_parts.h"

namespace assay {

namespace {

std::vector<ReplayedEvent> events_of(const ReplayedLog& replayed) {
  std::vector<ReplayedEvent> out;
  out.reserve(replayed.events.size());
  for (const JudgedEvent& e : replayed.events)
    out.push_back({e.event->number, e.event->pcr, e.event->type, to_buffer(e.event->data),
                   replayed.digest(*e.event), e.trust == DataTrust::whole});
  return out;
}

}  // namespace

MachineState read_machine_state(const ReplayedLog& replayed, Verdict& verdict) {
  MachineState out;
  out.bank = replayed.state_bank();
  out.platform = read_platform(replayed, verdict);
  out.secure_boot = read_secure_boot(replayed, verdict);
  out.efi = read_efi(replayed, verdict);
  GrubReading grub = read_grub(replayed, verdict);
  out.grub = std::move(grub.grub);
  out.kernel_command_line = std::move(grub.kernel_command_line);
  out.events = events_of(replayed);
  return out;
}

}  // namespace assay
