// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/io.h"
#include "cli/key_option.h"

namespace assay {

/// `assay tpm pubkey`: a TPM's endorsement key (EK) or its owner's storage key (SRK), as gotpm's.
struct TpmPubkeyOptions {
  std::string hierarchy;  ///< "endorsement" or "owner"
  KeyAlgorithm algorithm = KeyAlgorithm::rsa;
  PublicKeyFormat format = PublicKeyFormat::pem;
  std::string output = "-";
  TpmAddress tpm;
};
int run_tpm_pubkey(const TpmPubkeyOptions& options, Io io);

}  // namespace assay
