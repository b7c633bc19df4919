// SPDX-License-Identifier: Apache-2.0
// Owning pointers for OpenSSL's objects, and its errors as ours.  For src/crypto only.
#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "base/result.h"
#include "crypto/public_key.h"

namespace assay {

template <auto kFree>
struct Freeing {
  template <class T>
  void operator()(T* p) const {
    kFree(p);
  }
};

using BignumPtr = std::unique_ptr<BIGNUM, Freeing<BN_free>>;
using BioPtr = std::unique_ptr<BIO, Freeing<BIO_free_all>>;
using EcdsaSignaturePtr = std::unique_ptr<ECDSA_SIG, Freeing<ECDSA_SIG_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, Freeing<X509_EXTENSION_free>>;
using MdContextPtr = std::unique_ptr<EVP_MD_CTX, Freeing<EVP_MD_CTX_free>>;
using MdPtr = std::unique_ptr<EVP_MD, Freeing<EVP_MD_free>>;
using ParamBuilderPtr = std::unique_ptr<OSSL_PARAM_BLD, Freeing<OSSL_PARAM_BLD_free>>;
using ParamsPtr = std::unique_ptr<OSSL_PARAM, Freeing<OSSL_PARAM_free>>;
using Pkcs8Ptr = std::unique_ptr<PKCS8_PRIV_KEY_INFO, Freeing<PKCS8_PRIV_KEY_INFO_free>>;
using PkeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, Freeing<EVP_PKEY_CTX_free>>;
using PkeyPtr = std::unique_ptr<EVP_PKEY, Freeing<EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, Freeing<X509_free>>;

/// OPENSSL_free is a macro.
inline void free_openssl_bytes(unsigned char* p) { OPENSSL_free(p); }

/// Bytes that an i2d_ function allocated.
using OpensslBytes = std::unique_ptr<unsigned char, Freeing<free_openssl_bytes>>;

/// The calling thread's newest OpenSSL error as text; the queue is empty afterwards.
std::string take_openssl_error();

/// Empties the calling thread's error queue when a call that may fail is over, so that no later
/// caller on this thread reads our failure as its own.
class ErrorQueueGuard {
 public:
  ErrorQueueGuard() = default;
  ErrorQueueGuard(const ErrorQueueGuard&) = delete;
  ErrorQueueGuard& operator=(const ErrorQueueGuard&) = delete;
  ~ErrorQueueGuard() { ERR_clear_error(); }
};

/// One "-----BEGIN label-----" block.
struct PemBlock {
  std::string label;
  Buffer der;
};

/// The blocks of a PEM text (RFC 7468) in order; text between them is passed over.  Blocks with
/// RFC 1421 headers, which mark encrypted ones, are refused.  At most 1 MiB of text.
Result<std::vector<PemBlock>> parse_pem(std::string_view where, std::string_view text);
/// One block of PEM.
std::string pem_block(const char* label, Bytes der);

/// Big-endian bytes, without leading zeros.
Buffer big_endian(const BIGNUM& number);
/// Big-endian bytes, padded to `size`; the number must fit.
Buffer big_endian(const BIGNUM& number, std::size_t size);
BignumPtr bignum(Bytes big_endian);

/// The integer parameter `name` (core_names.h) of a key that must have it.
BignumPtr key_number(EVP_PKEY* key, const char* name);

/// `key` as a PublicKey if it is of a kind and strength that we use (PublicKey::from_spki).
Result<PublicKey> accept_public_key(std::string_view where, std::shared_ptr<EVP_PKEY> key);

/// OpenSSL's name of an algorithm, "SHA2-256"; null for one that signatures may not use.
const char* signature_digest_name(HashAlgorithm algorithm);

/// The parameters of RSASSA-PKCS1-v1_5 with a digest of signature_digest_name().
std::array<OSSL_PARAM, 3> rsassa_parameters(const char* digest_name);

}  // namespace assay
