// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "base/secret.h"
#include "crypto/public_key.h"

namespace assay {

/// A signing key.  Shared and immutable; OpenSSL wipes it when the last holder goes.
class PrivateKey {
 public:
  static PrivateKey generate_rsa(int bits = 2048);
  static PrivateKey generate_p256();
  /// From PEM "PRIVATE KEY" (PKCS #8), not encrypted.
  static Result<PrivateKey> from_pem(std::string_view pem);

  [[nodiscard]] Secret pem() const;
  [[nodiscard]] const PublicKey& public_key() const { return public_; }

  /// RSASSA-PKCS1-v1_5 (RSA keys) of `message`.
  [[nodiscard]] Buffer sign_rsassa(HashAlgorithm, Bytes message) const;
  /// ECDSA as r || s, each of the field's size (RFC 7518 section 3.4).
  [[nodiscard]] Buffer sign_ecdsa(HashAlgorithm, Bytes message) const;

  [[nodiscard]] evp_pkey_st* raw() const { return public_.raw(); }

 private:
  explicit PrivateKey(std::shared_ptr<evp_pkey_st> key) : public_(std::move(key)) {}
  PublicKey public_;  // one EVP_PKEY holds both halves
};

}  // namespace assay
