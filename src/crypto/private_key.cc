// SPDX-License-Identifier: Apache-2.0
#include "crypto/private_key.h"

#include <fmt/format.h>
#include <openssl/pem.h>

#include "crypto/hash.h"
#include "crypto/openssl.h"

namespace assay {
namespace {

tl::unexpected<Error> refuse(std::string why) {
  return fail(Fault::malformed, "private_key", std::move(why));
}

/// A PEM block's bytes, wiped when they go.
class WipedBlock {
 public:
  explicit WipedBlock(PemBlock block) : block_(std::move(block)) {}
  WipedBlock(const WipedBlock&) = delete;
  WipedBlock& operator=(const WipedBlock&) = delete;
  ~WipedBlock() { OPENSSL_cleanse(block_.der.data(), block_.der.size()); }
  const PemBlock* operator->() const { return &block_; }

 private:
  PemBlock block_;
};

/// Signs `digest`; the context has its parameters.
Buffer sign_digest(EVP_PKEY_CTX* context, const Digest& digest) {
  std::size_t size = 0;
  const Bytes in = digest.bytes();
  ASSAY_CHECK(EVP_PKEY_sign(context, nullptr, &size, in.data(), in.size()) == 1);
  Buffer signature(size);
  ASSAY_CHECK(EVP_PKEY_sign(context, signature.data(), &size, in.data(), in.size()) == 1);
  signature.resize(size);
  return signature;
}

}  // namespace

PrivateKey PrivateKey::generate_rsa(int bits) {
  PkeyPtr key(EVP_RSA_gen(static_cast<unsigned>(bits)));
  ASSAY_CHECK(key);
  return PrivateKey(std::move(key));
}

PrivateKey PrivateKey::generate_p256() {
  PkeyPtr key(EVP_EC_gen(SN_X9_62_prime256v1));
  ASSAY_CHECK(key);
  return PrivateKey(std::move(key));
}

Result<PrivateKey> PrivateKey::from_pem(std::string_view pem) {
  ErrorQueueGuard guard;
  auto blocks = parse_pem("private_key", pem);
  if (!blocks) return pass_on(blocks);
  if (blocks->size() != 1) {
    return refuse(fmt::format("{} PEM blocks, wanted one \"PRIVATE KEY\"", blocks->size()));
  }
  const WipedBlock block(std::move(blocks->front()));
  if (block->label != "PRIVATE KEY") {
    return refuse(fmt::format("PEM block \"{}\", wanted \"PRIVATE KEY\" (PKCS #8, not encrypted)",
                              block->label));
  }
  const unsigned char* at = block->der.data();
  const unsigned char* const end = at + block->der.size();
  const Pkcs8Ptr pkcs8(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, static_cast<long>(block->der.size())));
  if (!pkcs8) return refuse("no PKCS #8: " + take_openssl_error());
  if (at != end) return refuse("bytes follow the PKCS #8 structure");
  std::shared_ptr<EVP_PKEY> key = PkeyPtr(EVP_PKCS82PKEY(pkcs8.get()));
  if (!key) return refuse("no usable key: " + take_openssl_error());
  if (const auto accepted = accept_public_key("private_key", key); !accepted) {
    return pass_on(accepted);
  }
  const PkeyContextPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  ASSAY_CHECK(context);
  if (EVP_PKEY_pairwise_check(context.get()) != 1) {
    return refuse("the private half does not fit the public half");
  }
  return PrivateKey(std::move(key));
}

Secret PrivateKey::pem() const {
  const BioPtr bio(BIO_new(BIO_s_mem()));  // wipes its memory when freed
  ASSAY_CHECK(bio && PEM_write_bio_PKCS8PrivateKey(bio.get(), raw(), nullptr, nullptr, 0, nullptr,
                                                   nullptr) == 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return Secret(to_buffer(as_bytes({data, static_cast<std::size_t>(size)})));
}

Buffer PrivateKey::sign_rsassa(HashAlgorithm algorithm, Bytes message) const {
  const char* digest_name = signature_digest_name(algorithm);
  ASSAY_CHECK(digest_name && public_.type() == KeyType::rsa);
  const PkeyContextPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, raw(), nullptr));
  const auto parameters = rsassa_parameters(digest_name);
  ASSAY_CHECK(context && EVP_PKEY_sign_init_ex(context.get(), parameters.data()) == 1);
  return sign_digest(context.get(), hash(algorithm, message));
}

Buffer PrivateKey::sign_ecdsa(HashAlgorithm algorithm, Bytes message) const {
  const KeyType curve = public_.type();
  ASSAY_CHECK(curve == KeyType::ec_p256 || curve == KeyType::ec_p384);
  const PkeyContextPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, raw(), nullptr));
  ASSAY_CHECK(context && EVP_PKEY_sign_init(context.get()) == 1);
  const Buffer der = sign_digest(context.get(), hash(algorithm, message));
  const unsigned char* at = der.data();
  const EcdsaSignaturePtr signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  ASSAY_CHECK(signature);
  const auto field = static_cast<std::size_t>((public_.bits() + 7) / 8);
  Buffer out = big_endian(*ECDSA_SIG_get0_r(signature.get()), field);
  const Buffer s = big_endian(*ECDSA_SIG_get0_s(signature.get()), field);
  out.insert(out.end(), s.begin(), s.end());
  return out;
}

}  // namespace assay
