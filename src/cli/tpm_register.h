// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/io.h"
#include "cli/key_option.h"
#include "formats/register_message.h"

namespace assay {

/// `assay tpm register create-challenge`: at the verifier.  gotpm's messages.
struct RegisterCreateOptions {
  std::string input = "-";  ///< the endorsement key: TPMT_PUBLIC or TPM2B_PUBLIC
  std::string output = "-";
  std::string secret_output;  ///< mode 0600
  RegisterFormat format = RegisterFormat::binarypb;
};
int run_register_create(const RegisterCreateOptions& options, Io io);

/// `assay tpm register solve-challenge`: in the machine.
struct RegisterSolveOptions {
  std::string input = "-";
  std::string output = "-";
  RegisterFormat format = RegisterFormat::binarypb;
  AttestationKeyChoice key = AttestationKeyChoice::own;
  KeyAlgorithm algorithm = KeyAlgorithm::rsa;
  TpmAddress tpm;
};
int run_register_solve(const RegisterSolveOptions& options, Io io);

/// `assay tpm register verify-challenge`: at the verifier.
struct RegisterVerifyOptions {
  std::string input = "-";
  std::string secret_input;
  std::string output;  ///< the key, if it is accepted; empty: nowhere
  /// Without it a key is written nowhere: root of the machine can have made it in software.
  bool allow_software_key = false;
  PublicKeyFormat key_format = PublicKeyFormat::tpmt_public;
  bool json = false;
};
int run_register_verify(const RegisterVerifyOptions& options, Io io);

}  // namespace assay
