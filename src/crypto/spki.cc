// SPDX-License-Identifier: Apache-2.0

// SubjectPublicKeyInfo by its ASN.1 parts.  OpenSSL 3.0's d2i_PUBKEY and i2d_PUBKEY search their
// providers for a decoder each time: 300 to 500 us, more than all signatures of an attestation.

#include <fmt/format.h>
#include <openssl/core_names.h>

#include "crypto/openssl.h"

namespace assay {
namespace {

using AlgorithmPtr = std::unique_ptr<X509_ALGOR, Freeing<X509_ALGOR_free>>;
using BitStringPtr = std::unique_ptr<ASN1_BIT_STRING, Freeing<ASN1_BIT_STRING_free>>;
using IntegerPtr = std::unique_ptr<ASN1_INTEGER, Freeing<ASN1_INTEGER_free>>;
using SpkiPtr = std::unique_ptr<X509_PUBKEY, Freeing<X509_PUBKEY_free>>;

tl::unexpected<Error> refuse(std::string why) {
  return fail(Fault::malformed, "public_key", std::move(why));
}

tl::unexpected<Error> refuse_form() { return refuse("no SubjectPublicKeyInfo in DER"); }

/// The content of the SEQUENCE that `der` starts with and fills.
std::optional<Bytes> sequence_content(Bytes der) {
  const unsigned char* at = der.data();
  long size = 0;
  int tag = 0;
  int tag_class = 0;
  const int flags = ASN1_get_object(&at, &size, &tag, &tag_class, static_cast<long>(der.size()));
  // 0x80 marks an error; a second bit is set for an indefinite length, which DER forbids.
  if (flags != V_ASN1_CONSTRUCTED || tag != V_ASN1_SEQUENCE || tag_class != V_ASN1_UNIVERSAL) {
    return std::nullopt;
  }
  const auto header = static_cast<std::size_t>(at - der.data());
  if (header + static_cast<std::size_t>(size) != der.size()) return std::nullopt;
  return der.subspan(header);
}

/// Reads one ASN.1 value with OpenSSL's d2i function and steps behind it.
template <auto kRead>
auto* read_next(Bytes& in) {
  const unsigned char* at = in.data();
  auto* const value = kRead(nullptr, &at, static_cast<long>(in.size()));
  if (value) in = in.subspan(static_cast<std::size_t>(at - in.data()));
  return value;
}

Bytes bytes_of(const ASN1_STRING* text) {
  return {ASN1_STRING_get0_data(text), static_cast<std::size_t>(ASN1_STRING_length(text))};
}

/// RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }.  RFC 8017 appendix A.1.1.
Result<PublicKey> parse_rsa(Bytes body) {
  auto content = sequence_content(body);
  if (!content) return refuse_form();
  const IntegerPtr modulus(read_next<d2i_ASN1_INTEGER>(*content));
  const IntegerPtr exponent(read_next<d2i_ASN1_INTEGER>(*content));
  if (!modulus || !exponent || !content->empty()) return refuse_form();
  std::uint64_t e = 0;
  if (ASN1_INTEGER_get_uint64(&e, exponent.get()) != 1 || e > 0xFFFFFFFF) {
    return refuse("RSA exponent must be odd, at least 65537 and below 2^32");
  }
  if (ASN1_STRING_type(modulus.get()) != V_ASN1_INTEGER) return refuse("RSA modulus is negative");
  return PublicKey::from_rsa(bytes_of(modulus.get()), static_cast<std::uint32_t>(e));
}

/// ECParameters must name the curve and ECPoint be uncompressed.  RFC 5480 sections 2.1.1, 2.2:
/// "implicitCurve and specifiedCurve MUST NOT be used in PKIX"; the compressed form is optional,
/// and a second form would give one key two fingerprints.
Result<PublicKey> parse_ec(const X509_ALGOR* algorithm, Bytes point) {
  const void* parameters = nullptr;
  int type = V_ASN1_UNDEF;
  X509_ALGOR_get0(nullptr, &type, &parameters, algorithm);
  if (type != V_ASN1_OBJECT) return refuse("the curve is not named; only named curves are used");
  const int curve = OBJ_obj2nid(static_cast<const ASN1_OBJECT*>(parameters));
  if (curve != NID_X9_62_prime256v1 && curve != NID_secp384r1) {
    return refuse(fmt::format("EC key on {}, wanted P-256 or P-384", OBJ_nid2sn(curve)));
  }
  const KeyType key_type = curve == NID_secp384r1 ? KeyType::ec_p384 : KeyType::ec_p256;
  const std::size_t field = curve == NID_secp384r1 ? 48 : 32;
  if (point.size() != 1 + 2 * field || point.front() != 0x04) {
    return refuse("the point is not in the uncompressed form, the only one used");
  }
  return PublicKey::from_ec(key_type, point.subspan(1, field), point.subspan(1 + field));
}

Result<PublicKey> parse_spki(Bytes der) {
  auto content = sequence_content(der);
  if (!content) return refuse_form();
  const AlgorithmPtr algorithm(read_next<d2i_X509_ALGOR>(*content));
  if (!algorithm) return refuse_form();
  const BitStringPtr key(read_next<d2i_ASN1_BIT_STRING>(*content));
  if (!key || !content->empty()) return refuse_form();
  const ASN1_OBJECT* object = nullptr;
  X509_ALGOR_get0(&object, nullptr, nullptr, algorithm.get());
  switch (OBJ_obj2nid(object)) {
    case NID_rsaEncryption:
      return parse_rsa(bytes_of(key.get()));
    case NID_X9_62_id_ecPublicKey:
      return parse_ec(algorithm.get(), bytes_of(key.get()));
    default:
      break;
  }
  return refuse(fmt::format("{} key, wanted RSA, P-256 or P-384", OBJ_nid2sn(OBJ_obj2nid(object))));
}

void append_integer(Buffer& out, const BIGNUM& number) {
  const IntegerPtr integer(BN_to_ASN1_INTEGER(&number, nullptr));
  ASSAY_CHECK(integer);
  unsigned char* der = nullptr;
  const int size = i2d_ASN1_INTEGER(integer.get(), &der);
  ASSAY_CHECK(size > 0);
  const OpensslBytes owner(der);
  out.insert(out.end(), der, der + size);
}

Buffer rsa_body(EVP_PKEY* key) {
  Buffer numbers;
  append_integer(numbers, *key_number(key, OSSL_PKEY_PARAM_RSA_N));
  append_integer(numbers, *key_number(key, OSSL_PKEY_PARAM_RSA_E));
  const int content = static_cast<int>(numbers.size());
  const int total = ASN1_object_size(1, content, V_ASN1_SEQUENCE);
  Buffer header(static_cast<std::size_t>(total - content));
  unsigned char* at = header.data();
  ASN1_put_object(&at, 1, content, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
  header.insert(header.end(), numbers.begin(), numbers.end());
  return header;
}

Buffer ec_body(EVP_PKEY* key, std::size_t field) {
  Buffer point = {0x04};
  for (const char* const name : {OSSL_PKEY_PARAM_EC_PUB_X, OSSL_PKEY_PARAM_EC_PUB_Y}) {
    const Buffer coordinate = big_endian(*key_number(key, name), field);
    point.insert(point.end(), coordinate.begin(), coordinate.end());
  }
  return point;
}

/// OpenSSL's own copy of `bytes`, which X509_PUBKEY_set0_param takes over.
unsigned char* openssl_copy(Bytes bytes) {
  void* const copy = OPENSSL_memdup(bytes.data(), bytes.size());
  ASSAY_CHECK(copy);
  return static_cast<unsigned char*>(copy);
}

}  // namespace

Result<PublicKey> PublicKey::from_spki(Bytes der) {
  ErrorQueueGuard guard;
  auto key = parse_spki(der);
  // One key, one spelling.
  if (key && !equal(key->spki(), der)) return refuse_form();
  return key;
}

Buffer PublicKey::spki() const {
  const SpkiPtr spki(X509_PUBKEY_new());
  const bool rsa = type() == KeyType::rsa;
  const bool p384 = type() == KeyType::ec_p384;
  const Buffer body = rsa ? rsa_body(raw()) : ec_body(raw(), p384 ? 48 : 32);
  ASN1_OBJECT* const algorithm = OBJ_nid2obj(rsa ? NID_rsaEncryption : NID_X9_62_id_ecPublicKey);
  const int type = rsa ? V_ASN1_NULL : V_ASN1_OBJECT;
  ASN1_OBJECT* const curve =
      rsa ? nullptr : OBJ_nid2obj(p384 ? NID_secp384r1 : NID_X9_62_prime256v1);
  ASSAY_CHECK(spki && X509_PUBKEY_set0_param(spki.get(), algorithm, type, curve, openssl_copy(body),
                                             static_cast<int>(body.size())) == 1);
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(spki.get(), &der);
  ASSAY_CHECK(size > 0);
  const OpensslBytes owner(der);
  return {der, der + size};
}

}  // namespace assay
