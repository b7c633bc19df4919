// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "collateral/revocation.h"
#include "collateral/trust.h"
#include "formats/attestation.h"
#include "formats/tpm.h"
#include "verify/authentic.h"
#include "verify/check.h"
#include "verify/ima_list.h"
#include "verify/machine_state.h"
#include "verify/quote_checks.h"
#include "verify/trusted_key.h"
#include "verify/verified_paths.h"

namespace assay {

/// What an authentic vTPM attestation says.
struct VtpmClaims {
  MachineState machine;
  std::optional<GceInstance> instance;  ///< from the AK certificate, never self-reported
  std::vector<PcrValues> pcrs;          ///< every bank, each under its own quote
  std::optional<ImaState> ima;          ///< where a list was sent beside the attestation
  TpmClock clock;                       ///< of the quote that `machine` was read under
  std::uint64_t firmware_version = 0;   ///< of the TPM
  std::string ak_fingerprint;           ///< SHA-256 of the AK's SPKI, hex
  std::string ak_issuer;  ///< the anchor that vouches for it; empty: it is trusted itself
  Provenance provenance = Provenance::operator_added;  ///< of that anchor, or of the trusted key
  std::size_t nonce_bytes = 0;                         ///< length of the nonce that it answers
  /// What was asked of the lists of revoked certificates; of no meaning for a key that is trusted
  /// itself, behind which no CA stands.
  RevocationTerms revocation;
};

/// What to hold vTPM evidence against.  Everything that varies is here.
struct VtpmExpectations {
  const Trust& trust;
  Bytes nonce;  ///< compared exactly with TPMS_ATTEST.extraData; must not be empty
  Instant now;
  /// Certificate paths that were accepted before, and where to keep this one; null: none are kept.
  VerifiedPaths* paths = nullptr;
  /// Attestation keys that are trusted themselves.  Where there are any, the evidence must be by
  /// one of them, and its certificate is not looked at: `trust` is not asked.
  std::span<const TrustedKey> keys = {};
  /// What is revoked.  Not asked of `keys`: no CA stands behind them.
  const RevocationLists* revocation = nullptr;
  /// Judge the quotes of this bank alone; the others are left aside, which the verdict says.  None:
  /// every quote must verify.
  std::optional<HashAlgorithm> bank = std::nullopt;
  Sha1 sha1 = Sha1::refused;
  /// The kernel's IMA measurement list of the machine, for which an attestation has no place: it is
  /// evidence like it, and refused like it.
  std::optional<Bytes> ima_list = std::nullopt;
};

/// The verdict, and the claims where the verdict is accepted.
struct VtpmOutcome {
  Verdict verdict;
  std::optional<Authentic<VtpmClaims>> claims;
};

/// Is this vTPM attestation authentic?  Every quote must verify, or, of the bank that was asked
/// for, the only one: there is no falling back to another.  Checks and their rules: docs/checks.md.
/// Pure: no clock, file or network.
VtpmOutcome authenticate_vtpm(const Attestation& attestation, const VtpmExpectations& expectations);

/// What an attestation says whose key vouches for itself.  Not Authentic, and nothing that decides
/// takes it: anybody can make a key.
struct UnauthenticatedClaims {
  MachineState machine;
};

/// The verdict on an attestation held against its own ak_pub; the claims where it is accepted.
struct UnauthenticatedOutcome {
  Verdict verdict;
  std::optional<UnauthenticatedClaims> claims;
};

/// What gotpm's `verify debug` asks, and nobody else should: does the attestation agree with
/// itself? Quotes against the key in ak_pub, the log against the quotes.  An empty nonce equals an
/// empty extraData.
UnauthenticatedOutcome check_against_own_key(const Attestation& attestation, Bytes nonce);

/// The claims as JSON, for `assay verify --json`.
json::object to_json(const VtpmClaims& claims);

}  // namespace assay
