// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>

#include "base/clock.h"
#include "collateral/trust.h"
#include "formats/attestation.h"
#include "verify/certificate_path.h"
#include "verify/check.h"
#include "verify/verified_paths.h"

namespace assay {

/// Checks the AK certificate (ak.certificate.*, ak.instance.*) and what ak_pub adds to it
/// (ak.public.*).  The path with the certificate's key, even where nobody vouches for it, so that
/// the quotes can still be looked at; null where there is no readable key.  Worth something only if
/// the verdict is accepted.  `paths` may be null: then every certificate is read anew.
std::shared_ptr<const CertificatePath> check_attestation_key(const Attestation& attestation,
                                                             const Trust& trust, Instant now,
                                                             VerifiedPaths* paths,
                                                             Verdict& verdict);

/// The key in ak_pub, which vouches for itself: checks ak.public.*.
std::optional<PublicKey> check_own_key(const Attestation& attestation, Verdict& verdict);

}  // namespace assay
