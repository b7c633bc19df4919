// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "collateral/trust.h"
#include "crypto/public_key.h"
#include "formats/tpm.h"
#include "verify/authentic.h"
#include "verify/check.h"

namespace assay {

/// A key that has been proven to lie in the TPM of an endorsement key.
struct EnrolledKey {
  Buffer public_area;  ///< TPMT_PUBLIC
  PublicKey key;
  Provenance provenance = Provenance::operator_added;  ///< of who vouches for that TPM
};

struct EnrolledKeyOutcome {
  Verdict verdict;
  std::optional<Authentic<EnrolledKey>> key;  ///< where the verdict is accepted
};

/// An attestation key as somebody claims to have it.
struct ClaimedKey {
  TpmPublic area;
  PublicKey key;
};

/// Is this the public area of an attestation key (ak.public.*)?  It is what a challenge is bound
/// to, so what it says of the key is what the TPM enforces, once the challenge is answered.
std::optional<ClaimedKey> check_claimed_key(Bytes ak_public, Verdict& verdict);

}  // namespace assay
