// SPDX-License-Identifier: Apache-2.0
#include "crypto/certificate.h"
#include "crypto/private_key.h"
#include "fuzz.h"

namespace assay {
namespace {

void check_public_key(std::string_view text) {
  const auto key = PublicKey::from_pem(text);
  if (!key) return check_explained(key);
  ASSAY_CHECK(*PublicKey::from_pem(key->pem()) == *key);
  ASSAY_CHECK(*PublicKey::from_spki(key->spki()) == *key);
  ASSAY_CHECK(key->bits() > 0 && !key->describe().empty());
  check_one_length(PublicKey::from_spki, key->spki());
}

void check_private_key(std::string_view text) {
  const auto key = PrivateKey::from_pem(text);
  if (!key) return check_explained(key);
  const auto again = PrivateKey::from_pem(as_text(key->pem().reveal()));
  ASSAY_CHECK(again && again->public_key() == key->public_key());
}

void check_certificates(std::string_view text) {
  const auto certificates = Certificate::from_pem(text);
  if (!certificates) return check_explained(certificates);
  ASSAY_CHECK(!certificates->empty());
  std::string all;
  for (const Certificate& certificate : *certificates) all += certificate.pem();
  const auto again = Certificate::from_pem(all);
  ASSAY_CHECK(again && again->size() == certificates->size());
  for (std::size_t i = 0; i < again->size(); ++i) {
    ASSAY_CHECK(equal((*again)[i].der(), (*certificates)[i].der()));
  }
}

}  // namespace
}  // namespace assay

/// PEM is refused with a reason, or is the same when it is written and read again.
void fuzz(assay::Bytes in) {
  using namespace assay;
  check_public_key(as_text(in));
  check_private_key(as_text(in));
  check_certificates(as_text(in));
}
