// SPDX-License-Identifier: Apache-2.0
#include "crypto/jwk.h"
#include "fuzz.h"

/// A key set is refused with a reason, or written again it has the same keys.
void fuzz(assay::Bytes in) {
  using namespace assay;
  const auto set = JwkSet::parse("jwks", as_text(in));
  if (!set) return check_explained(set);
  ASSAY_CHECK(set->keys().size() <= 64);
  const auto again = JwkSet::parse("jwks", json::serialize(set->to_json()));
  ASSAY_CHECK(again && again->keys().size() == set->keys().size());
  for (const Jwk& key : set->keys()) {
    ASSAY_CHECK(set->find(key.kid) == &key);
    const Jwk* same = again->find(key.kid);
    ASSAY_CHECK(same != nullptr && jwk_thumbprint(same->key) == jwk_thumbprint(key.key));
  }
}
