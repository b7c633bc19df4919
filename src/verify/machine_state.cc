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

std::string_view name_of(CommandLineSource source) {
  switch (source) {
    case CommandLineSource::grub:
      return "grub";
    case CommandLineSource::systemd:
      return "systemd";
    case CommandLineSource::uki:
      return "uki";
    case CommandLineSource::linux_stub:
      return "linux";
  }
  return "unknown";
}

MachineState read_machine_state(const ReplayedLog& replayed, Verdict& verdict, LogExtent extent) {
  MachineState out;
  out.bank = replayed.state_bank();
  out.platform = read_platform(replayed, extent, verdict);
  out.secure_boot = read_secure_boot(replayed, extent, verdict);
  out.efi = read_efi(replayed, verdict);
  out.shim = read_shim(replayed);
  LoaderReading loader = read_loader(replayed, verdict);
  out.grub = std::move(loader.grub);
  out.uki = std::move(loader.uki);
  out.kernel_command_line = std::move(loader.command_line.text);
  out.command_line_measured_by = std::move(loader.command_line.measured_by);
  out.unconfirmed_command_line = std::move(loader.command_line.unconfirmed);
  out.load_options = std::move(loader.command_line.load_options);
  out.initrds = std::move(loader.initrds);
  out.windows = read_windows(replayed, extent, verdict);
  out.events = events_of(replayed);
  return out;
}

}  // namespace assay
