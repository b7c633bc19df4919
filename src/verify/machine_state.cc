// SPDX-License-Identifier: Apache-2.0
#include "verify/machine_state.h"

#include "verify/boot_parts.h"

namespace assay {

namespace {

/// The log may be gone before the state is, so the events' data is kept, in one piece.
void copy_events(const ReplayedLog& replayed, MachineState& out) {
  std::size_t size = 0;
  for (const JudgedEvent& e : replayed.events) size += e.event->data.size();
  out.event_data.reserve(size);
  out.events.reserve(replayed.events.size());
  for (const JudgedEvent& e : replayed.events) {
    const Bytes data = e.event->data;
    out.events.emplace_back(e.event->number, e.event->pcr, e.event->type, out.event_data.size(),
                            data.size(), replayed.digest(*e.event), e.trust == DataTrust::whole);
    out.event_data.insert(out.event_data.end(), data.begin(), data.end());
  }
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

std::vector<Digest> MachineState::possible_initrds() const {
  std::vector<Digest> out = initrds;
  out.insert(out.end(), unexplained_options.begin(), unexplained_options.end());
  return out;
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
  out.unexplained_options = std::move(loader.unexplained_options);
  out.windows = read_windows(replayed, extent, verdict);
  copy_events(replayed, out);
  return out;
}

}  // namespace assay
