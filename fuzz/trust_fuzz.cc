// SPDX-License-Identifier: Apache-2.0
#include "collateral/trust.h"

#include "fuzz.h"

/// A trust file is refused with a reason, or each of its anchors and issuers has a name, and an
/// emulated anchor makes the whole of it emulated.
void fuzz(assay::Bytes in) {
  using namespace assay;
  const auto trust = parse_trust("trust", as_text(in));
  if (!trust) return check_explained(trust);
  for (const TrustAnchor& anchor : trust->anchors) {
    ASSAY_CHECK(!anchor.name.empty());
    ASSAY_CHECK(anchor.provenance != Provenance::google);
    ASSAY_CHECK(anchor.provenance != Provenance::emulated || trust->emulated());
  }
  for (const IdentityIssuer& issuer : trust->identities) ASSAY_CHECK(!issuer.issuer.empty());
}
