// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/io.h"
#include "emulator/virtual_vm.h"

namespace assay {

/// `assay emulate`: a virtual confidential VM.
struct EmulateOptions {
  /// state, boot, technology, instance, listen.  An empty `state` is a temporary directory, removed
  /// at the end.
  VirtualVmOptions vm;
  bool json = false;  ///< one line of JSON when ready, instead of shell lines; not with `command`
  std::vector<std::string>
      command;  ///< runs inside the VM; empty: the VM stays until a stop signal
};

/// Keeps the VM running and prints how to reach it; or runs a command inside it and ends with its
/// exit code.  3 where the TPM's memory could not be kept in the end.
int run_emulate(const EmulateOptions& options, Io io);

/// `assay emulate --bridge SOCKET`, what TPM2TOOLS_TCTI names: TPM commands from standard input to
/// the socket, responses to standard output.  Not for people, so not in the help.
int run_tpm_bridge(const std::filesystem::path& socket, Io io);

}  // namespace assay
