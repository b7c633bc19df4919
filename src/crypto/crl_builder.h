// SPDX-License-Identifier: Apache-2.0
#pragma once

// For tests only: revocation lists that a CA of a test's own makes.

#include <openssl/x509v3.h>

#include <optional>
#include <string>
#include <vector>

#include "crypto/certificate.h"
#include "crypto/openssl.h"
#include "crypto/private_key.h"

namespace assay {

/// What a list is to say.
struct CrlTemplate {
  Instant this_update;
  std::optional<Instant> next_update;
  std::vector<Buffer> serials;
  /// (short name, value in OpenSSL's configuration syntax): {"deltaCRL", "critical,DER:020101"}.
  std::vector<std::pair<std::string, std::string>> extensions;
  /// Each entry has the critical extension certificateIssuer.
  bool indirect = false;
};

/// DER of a list by `issuer`, signed with SHA-256.
inline Buffer issue_crl(const CrlTemplate& content, const Certificate& issuer,
                        const PrivateKey& key) {
  const std::unique_ptr<X509_CRL, Freeing<X509_CRL_free>> crl(X509_CRL_new());
  const Bytes der = issuer.der();
  const unsigned char* at = der.data();
  const X509Ptr ca(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  ASSAY_CHECK(crl && ca && X509_CRL_set_version(crl.get(), X509_CRL_VERSION_2) == 1 &&
              X509_CRL_set_issuer_name(crl.get(), X509_get_subject_name(ca.get())) == 1);
  using TimePtr = std::unique_ptr<ASN1_TIME, Freeing<ASN1_TIME_free>>;
  const TimePtr from(ASN1_TIME_set(nullptr, unix_seconds(content.this_update)));
  ASSAY_CHECK(X509_CRL_set1_lastUpdate(crl.get(), from.get()) == 1);
  if (content.next_update) {
    const TimePtr to(ASN1_TIME_set(nullptr, unix_seconds(*content.next_update)));
    ASSAY_CHECK(X509_CRL_set1_nextUpdate(crl.get(), to.get()) == 1);
  }
  for (const Buffer& serial : content.serials) {
    X509_REVOKED* const entry = X509_REVOKED_new();
    const BignumPtr number = bignum(serial);
    const std::unique_ptr<ASN1_INTEGER, Freeing<ASN1_INTEGER_free>> integer(
        BN_to_ASN1_INTEGER(number.get(), nullptr));
    ASSAY_CHECK(X509_REVOKED_set_serialNumber(entry, integer.get()) == 1 &&
                X509_REVOKED_set_revocationDate(entry, from.get()) == 1);
    if (content.indirect) {
      const std::unique_ptr<GENERAL_NAMES, Freeing<GENERAL_NAMES_free>> names(GENERAL_NAMES_new());
      ASSAY_CHECK(X509_REVOKED_add1_ext_i2d(entry, NID_certificate_issuer, names.get(), 1, 0) == 1);
    }
    ASSAY_CHECK(X509_CRL_add0_revoked(crl.get(), entry) == 1);
  }
  X509V3_CTX context;
  X509V3_set_ctx(&context, ca.get(), nullptr, nullptr, crl.get(), 0);
  for (const auto& [name, value] : content.extensions) {
    const ExtensionPtr extension(X509V3_EXT_conf(nullptr, &context, name.c_str(), value.c_str()));
    ASSAY_CHECK(extension && X509_CRL_add_ext(crl.get(), extension.get(), -1) == 1);
  }
  ASSAY_CHECK(X509_CRL_sort(crl.get()) == 1 &&
              X509_CRL_sign(crl.get(), key.raw(), EVP_sha256()) > 0);
  unsigned char* out = nullptr;
  const int size = i2d_X509_CRL(crl.get(), &out);
  ASSAY_CHECK(size > 0);
  const OpensslBytes owner(out);
  return Buffer(out, out + size);
}

}  // namespace assay
