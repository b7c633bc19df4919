// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "base/clock.h"
#include "collateral/trust.h"
#include "formats/attestation.h"
#include "verify/check.h"

namespace assay {

/// The attestation key of an attestation, and who vouches for it.  Worth something only if the
/// verdict it was judged in is accepted.
struct AttestationKey {
  PublicKey key;
  const TrustAnchor* anchor = nullptr;  ///< borrowed from Trust; none if nobody vouches
  std::optional<GceInstance> instance;  ///< as the certificate names it
};

/// Checks the AK certificate (ak.certificate.*, ak.instance.*) and what ak_pub adds to it
/// (ak.public.*).  The certificate's key even where nobody vouches for it, so that the quotes can
/// still be looked at; nothing where there is no readable key.
std::optional<AttestationKey> check_attestation_key(const Attestation& attestation,
                                                    const Trust& trust, Instant now,
                                                    Verdict& verdict);

/// The key in ak_pub, which vouches for itself: checks ak.public.format and ak.public.attributes.
std::optional<PublicKey> check_own_key(const Attestation& attestation, Verdict& verdict);

}  // namespace assay
