// SPDX-License-Identifier: Apache-2.0
#include "crypto/certificate.h"

#include "fuzz.h"

/// A certificate is refused with a reason, or every question about it has an answer, and no other
/// length of it is one.
void fuzz(assay::Bytes in) {
  using namespace assay;
  const auto certificate = Certificate::from_der(in);
  if (!certificate) return check_explained(certificate);
  ASSAY_CHECK(equal(certificate->der(), in));
  (void)certificate->subject();
  (void)certificate->issuer();
  (void)certificate->not_before();
  (void)certificate->not_after();
  (void)certificate->is_ca();
  (void)certificate->path_length();
  (void)certificate->may_sign_certificates();
  (void)certificate->may_sign_data();
  (void)certificate->extended_key_usages();
  (void)certificate->unhandled_critical_extensions({});
  (void)certificate->ca_issuers();
  if (const auto key = certificate->public_key()) (void)certificate->signed_by(*key);
  (void)certificate->extension("2.5.29.19");
  ASSAY_CHECK(certificate->fingerprint().size() == 64);
  check_one_length(Certificate::from_der, in);
}
