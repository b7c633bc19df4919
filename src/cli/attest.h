// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "cli/io.h"
#include "collect/attester.h"
#include "formats/attestation.h"

namespace assay {

/// `assay attest`: collects evidence of this machine.
struct AttestOptions {
  std::string nonce;  ///< hex, 1 to 64 bytes
  AttestationKeyChoice key = AttestationKeyChoice::own;
  KeyAlgorithm algorithm = KeyAlgorithm::rsa;
  AttestationFormat format = AttestationFormat::binarypb;
  std::string output = "-";
  std::filesystem::path event_log;  ///< empty: the kernel's
  std::filesystem::path tpm_path;   ///< device or socket; empty: /dev/tpmrm0
  std::string tcti;                 ///< for the TCTI loader; not with tpm_path
  std::string metadata_host;        ///< "HOST:PORT"; empty: $GCE_METADATA_HOST or Google's
  enum class Progress { shown, quiet } progress = Progress::shown;
};

/// Writes the attestation; progress goes to `io.err`.  2 for a nonce that is none, 3 where the TPM,
/// the log or the certificate's issuer is not there.
int run_attest(const AttestOptions& options, Io io);

}  // namespace assay
