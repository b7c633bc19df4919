// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "collateral/revocation.h"
#include "collateral/trust.h"
#include "crypto/certificate.h"
#include "crypto/tpm_wrap.h"
#include "formats/enrolment.h"
#include "formats/gce_instance.h"
#include "formats/tpm.h"
#include "verify/check.h"
#include "verify/trusted_key.h"

namespace assay {

/// Who may vouch for an endorsement key.
struct EndorsementExpectations {
  const Trust& trust;
  Instant now;
  /// Certificates between an endorsement key's and an anchor; nobody trusts them by themselves.
  std::span<const Certificate> intermediates = {};
  /// Endorsement keys that are trusted themselves.  Where there are any, the machine's must be one
  /// of them, and its certificate is not looked at: `trust` is not asked.
  std::span<const TrustedKey> keys = {};
  /// What is revoked, asked of a certificate and its path; null: no list was given, which the
  /// verdict says.
  const RevocationLists* revocation = nullptr;
};

/// An endorsement key that somebody vouches for: what is encrypted for it, one TPM alone opens.
struct EndorsementKey {
  StorageKey storage;
  Buffer public_area;       ///< TPMT_PUBLIC
  std::string fingerprint;  ///< SHA-256 of its SPKI, hex
  std::string voucher;      ///< the anchor's name, or that the operator pinned it
  Provenance provenance = Provenance::operator_added;
  std::optional<GceInstance> instance;  ///< from its certificate
};

/// How to encrypt for a key with this public area.  Fault::malformed for a key that is no storage
/// key, and for algorithms other than RSA of 2048 bits or more, P-256 and P-384, SHA-256 or better
/// and AES in CFB mode.
Result<StorageKey> storage_key_of(const TpmPublic& area);

/// Does the request's endorsement key belong to a TPM that somebody vouches for (ek.*)?  The key
/// only where all of it holds.
std::optional<EndorsementKey> check_endorsement_key(const EnrolmentRequest& request,
                                                    const EndorsementExpectations& expectations,
                                                    Verdict& verdict);

}  // namespace assay
