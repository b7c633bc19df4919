// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/hash_algorithm.h"
#include "base/result.h"

struct evp_pkey_st;

namespace assay {

enum class KeyType { rsa, ec_p256, ec_p384 };

/// A public key.  A value: cheap to copy, immutable, safe to share between threads.
class PublicKey {
 public:
  /// From DER SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7).
  static Result<PublicKey> from_spki(Bytes der);
  /// From PEM "PUBLIC KEY".
  static Result<PublicKey> from_pem(std::string_view pem);
  /// From big-endian integers.  Modulus of 2048 to 8192 bits.
  static Result<PublicKey> from_rsa(Bytes modulus, std::uint32_t exponent);
  /// From big-endian affine coordinates; the point must be on the curve (ec_p256 or ec_p384).
  static Result<PublicKey> from_ec(KeyType curve, Bytes x, Bytes y);

  [[nodiscard]] KeyType type() const { return type_; }
  /// Size of the modulus or of the curve's field, in bits.
  [[nodiscard]] int bits() const;
  /// "RSA-2048", "P-256".
  [[nodiscard]] std::string describe() const;
  [[nodiscard]] Buffer spki() const;
  [[nodiscard]] std::string pem() const;
  /// Lower-case hex SHA-256 of spki().
  [[nodiscard]] std::string fingerprint() const;
  bool operator==(const PublicKey& other) const;
  /// An RSA key's integers, the modulus big-endian without leading zeros; nothing for other keys.
  struct RsaNumbers {
    Buffer modulus;
    std::uint32_t exponent;
  };
  [[nodiscard]] std::optional<RsaNumbers> rsa_numbers() const;

  /// RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2.2) over `message`.  False for any other key type.
  [[nodiscard]] bool verify_rsassa(HashAlgorithm, Bytes message, Bytes signature) const;
  /// ECDSA (FIPS 186-5 section 6.4) over `message`; r and s big-endian, each at most the field's
  /// size.  False for any other key type.
  [[nodiscard]] bool verify_ecdsa(HashAlgorithm, Bytes message, Bytes r, Bytes s) const;

  /// For src/crypto only, of keys that accept_public_key accepts.
  explicit PublicKey(std::shared_ptr<evp_pkey_st> key);
  [[nodiscard]] evp_pkey_st* raw() const { return key_.get(); }

 private:
  std::shared_ptr<evp_pkey_st> key_;
  KeyType type_;
};

}  // namespace assay
