// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/io.h"
#include "cli/key_option.h"
#include "cli/revocation_option.h"
#include "cli/trust_option.h"

namespace assay {

/// `assay tpm enroll request`: in the machine.  Its endorsement key with the certificate, and the
/// attestation key that it wants enrolled.
struct EnrollRequestOptions {
  AttestationKeyChoice key = AttestationKeyChoice::own;
  KeyAlgorithm algorithm = KeyAlgorithm::rsa;
  /// Empty: one that has a certificate, RSA before P-256; RSA where neither has.
  std::optional<KeyAlgorithm> ek_algorithm;
  std::string output = "-";
  TpmAddress tpm;
};
int run_enroll_request(const EnrollRequestOptions& options, Io io);

/// `assay tpm enroll challenge`: at the verifier.  Judges the request and makes a challenge.
struct EnrollChallengeOptions {
  std::string input = "-";
  std::vector<std::string> trust;          ///< "google" or files
  std::vector<std::string> trust_ek;       ///< endorsement keys, instead of `trust`
  std::vector<std::string> intermediates;  ///< CA certificates as PEM
  RevocationOptions revocation;
  std::string output;   ///< the challenge
  std::string pending;  ///< what `accept` wants
  std::int64_t lifetime_seconds = 3600;
  std::string now;  ///< RFC 3339; empty: the clock
  ServiceMode mode = ServiceMode::production;
  bool json = false;
};
int run_enroll_challenge(const EnrollChallengeOptions& options, Io io);

/// `assay tpm enroll answer`: in the machine.  Has the TPM give out the challenge's secret.
struct EnrollAnswerOptions {
  std::string input = "-";
  std::string output;
  TpmAddress tpm;
};
int run_enroll_answer(const EnrollAnswerOptions& options, Io io);

/// `assay tpm enroll accept`: at the verifier.  Judges the answer, once for each challenge, and
/// writes the key.
struct EnrollAcceptOptions {
  std::string input = "-";
  std::string pending;
  std::string output;
  /// None: as an EnrolmentRecord, which says where the key came from.
  std::optional<PublicKeyFormat> key_format;
  std::string now;
  bool json = false;
};
int run_enroll_accept(const EnrollAcceptOptions& options, Io io);

}  // namespace assay
