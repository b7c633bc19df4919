// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "collateral/trust.h"
#include "crypto/certificate.h"

namespace assay {

/// How a leaf hangs from an anchor: each signature on the way is verified.  Borrows from what it
/// was found in.
struct CertificateChain {
  const TrustAnchor* anchor = nullptr;
  std::vector<const Certificate*> issuers;  ///< from evidence, the leaf's own issuer first
};

/// A path from `leaf` to an anchor of `trust` through `issuers`, which nobody trusts by themselves.
/// RFC 5280 section 6.1.3 (a)(1); nothing else is asked.
std::optional<CertificateChain> find_chain(const Certificate& leaf,
                                           const std::vector<Certificate>& issuers,
                                           const Trust& trust);

/// What forbids an issuer of the chain to issue what it issued, for a person; empty: nothing.
/// RFC 5280 section 6.1.4 (k), (m), (n).
std::string issuer_fault(const CertificateChain& chain);

struct ValidityPeriod {
  Instant from, to;
};
/// All of the chain is valid in between; an anchor may be missing.
ValidityPeriod validity_of(const Certificate& leaf, const CertificateChain& chain);

/// keyUsage says that the key is for encryption (keyEncipherment or keyAgreement), as an
/// endorsement key's certificate does.  RFC 5280 section 4.2.1.3.
bool is_for_encryption(const Certificate& certificate);

}  // namespace assay
