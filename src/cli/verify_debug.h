// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/io.h"

namespace assay {

/// `assay verify debug`, with gotpm's flags and manners: the attestation's own ak_pub is taken for
/// the key, so it proves nothing about who made it.
struct VerifyDebugOptions {
  std::string nonce;                ///< hex; empty equals an empty extraData, as in gotpm
  std::string tee_nonce;            ///< hex; evidence of the CPU is refused whatever it says
  std::string input;                ///< file; empty for standard input
  std::string output;               ///< file; empty for standard output
  std::string format = "binarypb";  ///< of the input: binarypb, textproto
};

/// Prints the machine state as a text-format attest.MachineState.  0, or 1 with "Error: ..." on
/// stderr.
int run_verify_debug(const VerifyDebugOptions& options, Io io);

}  // namespace assay
