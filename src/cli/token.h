// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/io.h"
#include "collect/attester.h"

namespace assay {

/// `assay token`: attests this VM to an attestation service, Google's or one of ours, and prints
/// the token.  Where the VM is and who it is comes from its metadata server.
struct TokenOptions {
  std::string endpoint = "https://confidentialcomputing.googleapis.com";
  std::string audience;                    ///< empty: the service's default
  std::vector<std::string> custom_nonces;  ///< need an audience
  AttestationKeyChoice key = AttestationKeyChoice::google;
  KeyAlgorithm algorithm = KeyAlgorithm::rsa;
  std::string tcti;                 ///< for the TCTI loader; wins over `tpm_path`
  std::filesystem::path tpm_path;   ///< device or socket; empty: /dev/tpmrm0
  std::filesystem::path event_log;  ///< empty: the kernel's
  std::string metadata_host;        ///< empty: $GCE_METADATA_HOST or Google's
  std::string location;             ///< empty: the region this VM is in
  std::filesystem::path ca_file;    ///< CA certificates for https; empty: the system's
  std::filesystem::path output;     ///< empty: standard output, with a newline
  enum class Form { jwt, json } form = Form::jwt;  ///< json: {"token","claims"}, not verified
};

/// Prints the token.  A refusal shows the service's own words and is kRejected; a TPM, log,
/// metadata server or service that is not there is kUnavailable.
int run_token(const TokenOptions& options, Io io);

}  // namespace assay
