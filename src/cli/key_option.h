// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/App.hpp>
#include <filesystem>
#include <string>

#include "collect/attester.h"

namespace assay {

/// Where the TPM is: `--tpm-path` or `--tcti`.
struct TpmAddress {
  std::filesystem::path tpm_path;  ///< device or socket; empty: /dev/tpmrm0
  std::string tcti;                ///< for the TCTI loader; not with tpm_path
};
void add_tpm_address(CLI::App* command, TpmAddress& address);

/// `NAME rsa|ecc`.
CLI::Option* add_key_algorithm(CLI::App* command, KeyAlgorithm& algorithm,
                               const char* name = "--algo",
                               const char* what = "Attestation key: rsa or ecc (default rsa)");

/// `--key AK|gceAK`.
CLI::Option* add_attestation_key(CLI::App* command, AttestationKeyChoice& key);

/// How a public key is written: gotpm's names.
enum class PublicKeyFormat { pem, tpmt_public };
/// `--key-format pem|tpmt-public`.
CLI::Option* add_key_format(CLI::App* command, PublicKeyFormat& format, const char* what);

}  // namespace assay
