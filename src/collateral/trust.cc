// SPDX-License-Identifier: Apache-2.0
#include "collateral/trust.h"

#include <algorithm>

#include "base/base64.h"
#include "base/check.h"
#include "collateral/google_roots.h"

namespace assay {
namespace {

TrustAnchor anchor_of(const GoogleCaKey& entry) {
  const auto spki = parse_base64("google_ca_keys", entry.spki_base64);
  ASSAY_CHECK(spki);
  const auto key = PublicKey::from_spki(*spki);
  const auto not_before = parse_rfc3339("google_ca_keys", entry.not_before);
  const auto not_after = parse_rfc3339("google_ca_keys", entry.not_after);
  ASSAY_CHECK(key && not_before && not_after);
  return {.name = std::string(entry.name),
          .role = entry.role,
          .key = *key,
          .not_before = *not_before,
          .not_after = *not_after,
          .provenance = Provenance::google};
}

Trust make_google_trust() {
  Trust trust;
  for (const GoogleCaKey& entry : google_ca_keys()) trust.anchors.push_back(anchor_of(entry));
  return trust;
}

}  // namespace

std::string_view name_of(Provenance provenance) {
  switch (provenance) {
    case Provenance::google:
      return "google";
    case Provenance::operator_added:
      return "operator";
    case Provenance::emulated:
      break;
  }
  return "emulated";
}

bool Trust::emulated() const {
  return std::ranges::any_of(identities, &IdentityIssuer::emulated) ||
         std::ranges::any_of(
             anchors, [](const TrustAnchor& a) { return a.provenance == Provenance::emulated; });
}

const Trust& google_trust() {
  static const Trust kTrust = make_google_trust();
  return kTrust;
}

}  // namespace assay
