// SPDX-License-Identifier: Apache-2.0
#include "crypto/tpm_kdf.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>

#include <string>

#include "base/byte_writer.h"
#include "crypto/openssl.h"

namespace assay {
namespace {

using KdfPtr = std::unique_ptr<EVP_KDF, Freeing<EVP_KDF_free>>;
using KdfContextPtr = std::unique_ptr<EVP_KDF_CTX, Freeing<EVP_KDF_CTX_free>>;

/// OSSL_PARAM wants mutable memory and only reads it.
OSSL_PARAM octets(const char* name, Buffer& value) {
  return OSSL_PARAM_construct_octet_string(name, value.data(), value.size());
}
OSSL_PARAM text(const char* name, std::string& value) {
  return OSSL_PARAM_construct_utf8_string(name, value.data(), 0);
}

Secret derive(const char* kdf_name, const OSSL_PARAM* parameters, std::size_t size) {
  const KdfPtr kdf(EVP_KDF_fetch(nullptr, kdf_name, nullptr));
  const KdfContextPtr context(kdf ? EVP_KDF_CTX_new(kdf.get()) : nullptr);
  Buffer out(size);
  ASSAY_CHECK(context && EVP_KDF_derive(context.get(), out.data(), out.size(), parameters) == 1);
  return Secret(std::move(out));
}

std::string digest_of(HashAlgorithm algorithm) {
  const char* const name = signature_digest_name(algorithm);
  ASSAY_CHECK(name != nullptr);
  return name;
}

Buffer joined(Bytes a, Bytes b) { return ByteWriter().bytes(a).bytes(b).take(); }

}  // namespace

// Part 1: "K(i) := HMAC (K, [i] || Label || 00 || Context || [L])", where Label ends with its NUL
// and no second one follows: the separator of SP 800-108.
Secret kdfa(HashAlgorithm algorithm, Bytes key, std::string_view label, Bytes context_u,
            Bytes context_v, std::size_t size) {
  std::string mac = "HMAC", digest = digest_of(algorithm);
  Buffer secret = to_buffer(key), salt = to_buffer(as_bytes(label)),
         info = joined(context_u, context_v);
  const OSSL_PARAM parameters[] = {
      text(OSSL_KDF_PARAM_MAC, mac),      text(OSSL_KDF_PARAM_DIGEST, digest),
      octets(OSSL_KDF_PARAM_KEY, secret), octets(OSSL_KDF_PARAM_SALT, salt),
      octets(OSSL_KDF_PARAM_INFO, info),  OSSL_PARAM_construct_end()};
  const Secret wiped(std::move(secret));  // moved, not copied: the parameters point into it
  return derive("KBKDF", parameters, size);
}

// Part 1: "digest(i) := Hash (i || Z || Use || PartyUInfo || PartyVInfo)", where Use ends with its
// NUL.
Secret kdfe(HashAlgorithm algorithm, Bytes z, std::string_view label, Bytes party_u, Bytes party_v,
            std::size_t size) {
  std::string digest = digest_of(algorithm);
  Buffer secret = to_buffer(z);
  Buffer info = ByteWriter().bytes(as_bytes(label)).u8(0).bytes(party_u).bytes(party_v).take();
  const OSSL_PARAM parameters[] = {text(OSSL_KDF_PARAM_DIGEST, digest),
                                   octets(OSSL_KDF_PARAM_KEY, secret),
                                   octets(OSSL_KDF_PARAM_INFO, info), OSSL_PARAM_construct_end()};
  const Secret wiped(std::move(secret));
  return derive("SSKDF", parameters, size);
}

}  // namespace assay
