// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace assay {

/// A program to be run as if in a VM.
struct InsideProgram {
  std::vector<std::string> command;  ///< looked up in PATH; at least one word
  std::filesystem::path tpm_socket;  ///< becomes /dev/tpmrm0
  Buffer event_log;                  ///< becomes /sys/kernel/security/tpm0/binary_bios_measurements
  /// Added to the environment, or put in place of what is there.
  std::vector<std::pair<std::string, std::string>> environment;
};

/// Blocks the signals that run_inside() hands on, in this thread and all it starts from now on.
void block_inside_signals();

/// Runs it in a private mount namespace, and where this process is not root in a user namespace in
/// which it is: /dev has the usual nodes and the TPM, securityfs the event log.  Standard streams,
/// directory and network are the caller's.  SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1 and SIGUSR2
/// sent to this process are handed on while it runs: block_inside_signals() before the first
/// thread.
///
/// Its exit code; 128 + n where signal n ended it.  Fault::unavailable where the program is not
/// there, or where namespaces are forbidden: then the text says what to use instead.
Result<int> run_inside(const InsideProgram& program);

}  // namespace assay
