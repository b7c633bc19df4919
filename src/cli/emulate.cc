// SPDX-License-Identifier: Apache-2.0
#include "cli/emulate.h"

#include <fmt/format.h>
#include <unistd.h>

#include <optional>

#include "base/json.h"
#include "collect/kernel_log.h"
#include "collect/socket_channel.h"
#include "emulator/inside.h"
#include "emulator/tpm_bridge.h"
#include "host/file.h"
#include "host/signals.h"

namespace assay {
namespace {

/// A word that any shell takes as it is.
std::string quoted(const std::string& word) {
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

/// What tpm2-tools need to reach the socket: tpm2-tss's "cmd:" TCTI starts us as the bridge.
std::string bridge_tcti(const VirtualVm& vm) {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  return fmt::format("cmd:{} emulate --bridge {}", quoted(error ? "assay" : self.string()),
                     quoted(vm.tpm_socket().string()));
}

std::vector<std::pair<std::string, std::string>> environment_of(const VirtualVm& vm) {
  return {{"GCE_METADATA_HOST", vm.metadata_host()},
          {"GCE_METADATA_IP", vm.metadata_host()},
          {"TPM2TOOLS_TCTI", bridge_tcti(vm)}};
}

json::object ready(const VirtualVm& vm) {
  const GceInstance& i = vm.instance();
  return {{"tpm_socket", vm.tpm_socket().string()},
          {"metadata_host", vm.metadata_host()},
          {"event_log", vm.event_log().string()},
          {"project", i.project_id},
          {"zone", i.zone},
          {"region", vm.region()},
          {"instance_id", std::to_string(i.instance_id)},
          {"instance_name", i.instance_name},
          {"trust", vm.trust().string()}};
}

void print_environment(const VirtualVm& vm, Io io) {
  io.out << fmt::format("# virtual confidential VM {} in {}; Ctrl-C stops it\n",
                        vm.instance().instance_name, vm.instance().zone);
  for (const auto& [name, value] : environment_of(vm)) {
    io.out << fmt::format("export {}={}\n", name, quoted(value));
  }
  io.out << fmt::format("# its TPM:       --tpm-path {}\n", vm.tpm_socket().string());
  io.out << fmt::format("# its event log: --event-log {}\n", vm.event_log().string());
  io.out << fmt::format("# to believe it: --trust {}", vm.trust().string()) << "\n" << std::flush;
}

int run_command(const VirtualVm& vm, const EmulateOptions& options, Io io) {
  const auto log = read_event_log(vm.event_log());
  if (!log) return explain(io, log.error());
  const auto code = run_inside({.command = options.command,
                                .tpm_socket = vm.tpm_socket(),
                                .event_log = *log,
                                .environment = environment_of(vm)});
  return code ? *code : explain(io, code.error());
}

}  // namespace

int run_emulate(const EmulateOptions& options, Io io) {
  if (options.json && !options.command.empty()) {
    io.err << "assay: --json: says how to reach a VM that stays, and one for a COMMAND does not: "
              "leave one out\n";
    return kUsage;
  }
  block_stop_signals();
  if (!options.command.empty()) block_inside_signals();
  VirtualVmOptions vm_options = options.vm;
  std::optional<TemporaryDirectory> temporary;
  if (vm_options.state.empty()) {
    auto made = TemporaryDirectory::make("assay-vm");
    if (!made) return explain(io, made.error());
    temporary.emplace(std::move(*made));
    vm_options.state = temporary->path();
  }
  vm_options.state_not_kept = [io](const Error& error) { explain(io, error); };
  const auto vm = VirtualVm::start(vm_options);
  if (!vm) return explain_start(io, vm.error());
  int code = kAccepted;
  if (!options.command.empty()) {
    code = run_command(**vm, options, io);
  } else {
    if (options.json) {
      io.out << json::serialize(ready(**vm)) << "\n" << std::flush;
    } else {
      print_environment(**vm, io);
    }
    wait_for_stop_signal();
  }
  // What a VM that is thrown away anyway could not keep is no loss.
  const Status kept = (*vm)->power_off();
  return kept || temporary || code != kAccepted ? code : exit_code(kept.error().fault);
}

int run_tpm_bridge(const std::filesystem::path& socket, Io io) {
  SocketChannel tpm(socket);
  const Status done = bridge_tpm(STDIN_FILENO, STDOUT_FILENO, tpm);
  return done ? kAccepted : explain(io, done.error());
}

}  // namespace assay
