// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "collateral/trust.h"
#include "crypto/certificate.h"
#include "verify/check.h"

namespace assay {

/// How a leaf hangs from an anchor: each signature on the way is verified.  Borrows from what it
/// was found in.
struct CertificateChain {
  struct Issuer {
    const Certificate* certificate = nullptr;
    PublicKey key;  ///< of that certificate
  };
  const TrustAnchor* anchor = nullptr;
  std::vector<Issuer> issuers;  ///< from evidence, the leaf's own issuer first
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

/// One certificate and who signed it: what revocation is asked about.
struct CertificateLink {
  Buffer serial;       ///< serial_of
  std::string issuer;  ///< RFC 4514 name
  PublicKey issuer_key;
};
/// Each certificate of the chain with its issuer's key, the leaf's first.
std::vector<CertificateLink> links_of(const Certificate& leaf, const CertificateChain& chain);

/// The check `id`: has the leaf no critical extension that is unknown?  RFC 5280 section 4.2 wants
/// it rejected otherwise.  The subject alternative name is critical where the subject is empty; it
/// names the TPM (TCG EK Credential Profile 3.2.9) and grants nothing, so knowing it is enough.
void check_extensions(std::string_view id, const Certificate& leaf, Verdict& verdict);

/// keyUsage says that the key is for encryption (keyEncipherment or keyAgreement), as an
/// endorsement key's certificate does.  RFC 5280 section 4.2.1.3.
bool is_for_encryption(const Certificate& certificate);

}  // namespace assay
