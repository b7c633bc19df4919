// SPDX-License-Identifier: Apache-2.0
#include "crypto/tpm_wrap.h"

#include <openssl/core_names.h>
#include <openssl/rsa.h>

#include <array>
#include <string>

#include "base/byte_writer.h"
#include "base/secret.h"
#include "crypto/hash.h"
#include "crypto/hmac.h"
#include "crypto/openssl.h"
#include "crypto/random.h"
#include "crypto/tpm_kdf.h"

namespace assay {
namespace {

using CipherContextPtr = std::unique_ptr<EVP_CIPHER_CTX, Freeing<EVP_CIPHER_CTX_free>>;

/// A secret that only the TPM learns besides us, and how it is sent.
struct SharedSeed {
  Secret seed;
  Buffer encrypted;
};

std::string_view label_of(WrapPurpose purpose) {
  return purpose == WrapPurpose::identity ? "IDENTITY" : "DUPLICATE";
}

/// Part 1, B.4: OAEP with nameAlg for both hashes; "the label is a null-terminated string".
SharedSeed share_by_rsa(const StorageKey& parent, std::string_view label) {
  Secret seed(random_bytes(digest_size(parent.name_algorithm)));
  const char* const digest = signature_digest_name(parent.name_algorithm);
  ASSAY_CHECK(digest != nullptr);
  std::string padding = OSSL_PKEY_RSA_PAD_MODE_OAEP, hash_name = digest;
  std::string terminated(label);
  terminated.push_back('\0');
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_ASYM_CIPHER_PARAM_PAD_MODE, padding.data(), 0),
      OSSL_PARAM_construct_utf8_string(OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST, hash_name.data(), 0),
      OSSL_PARAM_construct_utf8_string(OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST, hash_name.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_ASYM_CIPHER_PARAM_OAEP_LABEL, terminated.data(),
                                        terminated.size()),
      OSSL_PARAM_construct_end()};
  const PkeyContextPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, parent.key.raw(), nullptr));
  ASSAY_CHECK(context && EVP_PKEY_encrypt_init_ex(context.get(), parameters) == 1);
  std::size_t size = 0;
  const Bytes plain = seed.reveal();
  ASSAY_CHECK(EVP_PKEY_encrypt(context.get(), nullptr, &size, plain.data(), plain.size()) == 1);
  Buffer encrypted(size);
  ASSAY_CHECK(
      EVP_PKEY_encrypt(context.get(), encrypted.data(), &size, plain.data(), plain.size()) == 1);
  encrypted.resize(size);
  return {std::move(seed), std::move(encrypted)};
}

/// Both coordinates of a public point, each of the field's size (Part 1, C.8: "padded with zeros").
struct Point {
  Buffer x, y;
};

Point point_of(EVP_PKEY* key, std::size_t size) {
  return {big_endian(*key_number(key, OSSL_PKEY_PARAM_EC_PUB_X), size),
          big_endian(*key_number(key, OSSL_PKEY_PARAM_EC_PUB_Y), size)};
}

/// The x coordinate of the shared point, of the field's size.
Secret ecdh(EVP_PKEY* own, EVP_PKEY* peer) {
  const PkeyContextPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, own, nullptr));
  ASSAY_CHECK(context && EVP_PKEY_derive_init(context.get()) == 1 &&
              EVP_PKEY_derive_set_peer(context.get(), peer) == 1);
  std::size_t size = 0;
  ASSAY_CHECK(EVP_PKEY_derive(context.get(), nullptr, &size) == 1);
  Buffer out(size);
  ASSAY_CHECK(EVP_PKEY_derive(context.get(), out.data(), &size) == 1 && size == out.size());
  return Secret(std::move(out));
}

/// Part 1, C.6.1: one-pass ECDH with an ephemeral key, then KDFe.
SharedSeed share_by_ecdh(const StorageKey& parent, std::string_view label) {
  const bool p384 = parent.key.type() == KeyType::ec_p384;
  const std::size_t field = p384 ? 48 : 32;
  const PkeyPtr ephemeral(
      EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", p384 ? SN_secp384r1 : SN_X9_62_prime256v1));
  ASSAY_CHECK(ephemeral);
  const Point sent = point_of(ephemeral.get(), field);
  const Secret z = ecdh(ephemeral.get(), parent.key.raw());
  Secret seed = kdfe(parent.name_algorithm, z.reveal(), label, sent.x,
                     point_of(parent.key.raw(), field).x, digest_size(parent.name_algorithm));
  return {std::move(seed), ByteWriter().sized_be16(sent.x).sized_be16(sent.y).take()};
}

/// AES in CFB mode with a zero IV: the key is used once.
Buffer encrypt_cfb(const Secret& key, Bytes plain) {
  const EVP_CIPHER* const cipher = key.size() == 16 ? EVP_aes_128_cfb128() : EVP_aes_256_cfb128();
  ASSAY_CHECK(key.size() == 16 || key.size() == 32);
  const std::array<std::uint8_t, 16> iv{};
  const CipherContextPtr context(EVP_CIPHER_CTX_new());
  Buffer out(plain.size());
  int size = 0, rest = 0;
  ASSAY_CHECK(context &&
              EVP_EncryptInit_ex2(context.get(), cipher, key.reveal().data(), iv.data(), nullptr) ==
                  1 &&
              EVP_EncryptUpdate(context.get(), out.data(), &size, plain.data(),
                                static_cast<int>(plain.size())) == 1 &&
              EVP_EncryptFinal_ex(context.get(), out.data() + size, &rest) == 1 &&
              static_cast<std::size_t>(size + rest) == out.size());
  return out;
}

}  // namespace

Wrapped wrap_for_tpm(const StorageKey& parent, WrapPurpose purpose, Bytes name, Bytes content) {
  const HashAlgorithm hash = parent.name_algorithm;
  SharedSeed shared = parent.key.type() == KeyType::rsa ? share_by_rsa(parent, label_of(purpose))
                                                        : share_by_ecdh(parent, label_of(purpose));
  const Bytes seed = shared.seed.reveal();
  // Part 1, 24.4 and 24.5: "symKey := KDFa (ekNameAlg, seed, "STORAGE", name, NULL, bits)",
  // "HMACkey := KDFa (ekNameAlg, seed, "INTEGRITY", NULL, NULL, bits)",
  // "outerHMAC := HMACekNameAlg(HMACkey, encIdentity || Name)".
  const Buffer encrypted =
      encrypt_cfb(kdfa(hash, seed, "STORAGE", name, {}, parent.aes_bits / 8), content);
  const Secret mac_key = kdfa(hash, seed, "INTEGRITY", {}, {}, digest_size(hash));
  const Digest mac = hmac(hash, mac_key.reveal(), ByteWriter().bytes(encrypted).bytes(name).take());
  return {std::move(shared.encrypted),
          ByteWriter().sized_be16(mac.bytes()).bytes(encrypted).take()};
}

Buffer tpm_name(HashAlgorithm name_algorithm, Bytes public_area) {
  return ByteWriter()
      .u16_be(static_cast<std::uint16_t>(name_algorithm))
      .bytes(hash(name_algorithm, public_area).bytes())
      .take();
}

}  // namespace assay
