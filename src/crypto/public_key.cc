// SPDX-License-Identifier: Apache-2.0
#include "crypto/public_key.h"

#include <fmt/format.h>
#include <openssl/core_names.h>

#include <array>
#include <optional>

#include "crypto/hash.h"
#include "crypto/openssl.h"

namespace assay {
namespace {

constexpr int kMinRsaBits = 2048;
constexpr int kMaxRsaBits = 8192;

tl::unexpected<Error> refuse(std::string_view where, std::string why) {
  return fail(Fault::malformed, std::string(where), std::move(why));
}

/// NIST SP 800-131A: RSA keys of fewer than 2048 bits are disallowed.  8192 bounds our work.
std::optional<std::string> modulus_fault(int bits) {
  if (bits >= kMinRsaBits && bits <= kMaxRsaBits) return std::nullopt;
  return fmt::format("RSA modulus of {} bits, wanted {} to {}", bits, kMinRsaBits, kMaxRsaBits);
}

/// FIPS 186-5 section 5.1: "The exponent e shall be an odd, positive integer such that
/// 2^16 < e < 2^256."  We stop at 2^32, as TPMS_RSA_PARMS does: a larger one only costs time.
std::optional<std::string> exponent_fault(const BIGNUM& exponent) {
  if (BN_is_odd(&exponent) && BN_num_bits(&exponent) > 16 && BN_num_bits(&exponent) <= 32) {
    return std::nullopt;
  }
  return "RSA exponent must be odd, at least 65537 and below 2^32";
}

std::optional<KeyType> curve_of(EVP_PKEY* key) {
  std::array<char, 32> name{};
  if (EVP_PKEY_get_group_name(key, name.data(), name.size(), nullptr) != 1) return std::nullopt;
  const std::string_view curve(name.data());
  if (curve == SN_X9_62_prime256v1) return KeyType::ec_p256;
  if (curve == SN_secp384r1) return KeyType::ec_p384;
  return std::nullopt;
}

/// Nothing for a key of a kind that is not used here.
std::optional<KeyType> type_of(EVP_PKEY* key) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
      return KeyType::rsa;
    case EVP_PKEY_EC:
      return curve_of(key);
    default:
      return std::nullopt;
  }
}

/// RFC 5480 section 2.1.1: "implicitCurve and specifiedCurve MUST NOT be used in PKIX."
bool has_explicit_curve(EVP_PKEY* key) {
  int is_explicit = 0;
  return EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
                                &is_explicit) == 1 &&
         is_explicit != 0;
}

/// RFC 5480 section 2.2: the uncompressed form is the one that all "MUST support".  A second form
/// would give one key two fingerprints.
bool has_uncompressed_point(EVP_PKEY* key) {
  std::array<char, 16> form{};
  return EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                        form.data(), form.size(), nullptr) == 1 &&
         std::string_view(form.data()) == OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_UNCOMPRESSED;
}

std::size_t field_size(KeyType curve) { return curve == KeyType::ec_p384 ? 48 : 32; }

PkeyPtr key_from_parameters(const char* algorithm, OSSL_PARAM_BLD* builder) {
  ParamsPtr parameters(OSSL_PARAM_BLD_to_param(builder));
  PkeyContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, algorithm, nullptr));
  ASSAY_CHECK(parameters && context && EVP_PKEY_fromdata_init(context.get()) == 1);
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) return {};
  return PkeyPtr(key);
}

/// A context that verifies RSASSA-PKCS1-v1_5 under `key`.  Each thread keeps its last one: the
/// quotes of one attestation, and the tokens of one issuer, come from one key, and making a context
/// costs a quarter of a verification.  The context holds the key, so its address is not used again
/// meanwhile.
EVP_PKEY_CTX* rsassa_verifier(EVP_PKEY* key, const char* digest_name) {
  struct Kept {
    PkeyContextPtr context;
    const EVP_PKEY* key = nullptr;
    const char* digest_name = nullptr;  // a literal of signature_digest_name
  };
  thread_local Kept kept;
  if (kept.key == key && kept.digest_name == digest_name) return kept.context.get();
  PkeyContextPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  const auto parameters = rsassa_parameters(digest_name);
  ASSAY_CHECK(context && EVP_PKEY_verify_init_ex(context.get(), parameters.data()) == 1);
  kept = {std::move(context), key, digest_name};
  return kept.context.get();
}

/// A DER ECDSA-Sig-Value (RFC 3279 section 2.2.3) of r and s, each at most 48 bytes: without
/// allocation, as it stands on the path of every EC signature.
class DerSignature {
 public:
  DerSignature(Bytes r, Bytes s) {
    put(0x30);
    put(0);  // patched below; never above 127
    put_integer(r);
    put_integer(s);
    bytes_[1] = static_cast<std::uint8_t>(size_ - 2);
  }
  [[nodiscard]] Bytes bytes() const { return {bytes_.data(), size_}; }

 private:
  void put(std::uint8_t byte) { bytes_.at(size_++) = byte; }
  void put_integer(Bytes value) {
    while (!value.empty() && value.front() == 0) value = value.subspan(1);
    const bool sign_byte = value.empty() || (value.front() & 0x80) != 0;
    put(0x02);
    put(static_cast<std::uint8_t>(value.size() + (sign_byte ? 1 : 0)));
    if (sign_byte) put(0);
    for (const std::uint8_t byte : value) put(byte);
  }
  std::array<std::uint8_t, 2 + 2 * (2 + 1 + 48)> bytes_{};
  std::size_t size_ = 0;
};

}  // namespace

Result<PublicKey> accept_public_key(std::string_view where, std::shared_ptr<EVP_PKEY> key) {
  const auto type = type_of(key.get());
  if (!type) {
    const char* name = EVP_PKEY_get0_type_name(key.get());
    return refuse(where,
                  fmt::format("{} key, wanted RSA, P-256 or P-384", name ? name : "unknown"));
  }
  switch (*type) {
    case KeyType::rsa: {
      if (const auto fault = modulus_fault(EVP_PKEY_get_bits(key.get())))
        return refuse(where, *fault);
      const BignumPtr exponent = key_number(key.get(), OSSL_PKEY_PARAM_RSA_E);
      if (const auto fault = exponent_fault(*exponent)) return refuse(where, *fault);
      break;
    }
    case KeyType::ec_p256:
    case KeyType::ec_p384:
      if (has_explicit_curve(key.get())) {
        return refuse(where, "the curve is spelled out; only named curves are used");
      }
      if (!has_uncompressed_point(key.get())) {
        return refuse(where, "the point is compressed; only the uncompressed form is used");
      }
      break;
  }
  return PublicKey(std::move(key));
}

Result<PublicKey> PublicKey::from_pem(std::string_view pem) {
  const auto blocks = parse_pem("public_key", pem);
  if (!blocks) return pass_on(blocks);
  if (blocks->size() != 1 || blocks->front().label != "PUBLIC KEY") {
    return refuse("public_key", "wanted one PEM block \"PUBLIC KEY\"");
  }
  return from_spki(blocks->front().der);
}

Result<PublicKey> PublicKey::from_rsa(Bytes modulus, std::uint32_t exponent) {
  ErrorQueueGuard guard;
  if (modulus.size() > kMaxRsaBits / 8 + 1) {
    return refuse("public_key", fmt::format("RSA modulus of {} bytes", modulus.size()));
  }
  const BignumPtr n = bignum(modulus);
  const BignumPtr e(BN_new());
  ASSAY_CHECK(e && BN_set_word(e.get(), exponent) == 1);
  if (const auto fault = modulus_fault(BN_num_bits(n.get()))) return refuse("public_key", *fault);
  if (const auto fault = exponent_fault(*e)) return refuse("public_key", *fault);
  const ParamBuilderPtr builder(OSSL_PARAM_BLD_new());
  ASSAY_CHECK(builder &&
              OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) == 1 &&
              OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) == 1);
  PkeyPtr key = key_from_parameters("RSA", builder.get());
  if (!key) return refuse("public_key", "no RSA key: " + take_openssl_error());
  return accept_public_key("public_key", std::move(key));
}

Result<PublicKey> PublicKey::from_ec(KeyType curve, Bytes x, Bytes y) {
  ErrorQueueGuard guard;
  ASSAY_CHECK(curve == KeyType::ec_p256 || curve == KeyType::ec_p384);
  const std::size_t size = field_size(curve);
  if (x.size() > size || y.size() > size) {
    return refuse("public_key", fmt::format("coordinates of {} and {} bytes, the field has {}",
                                            x.size(), y.size(), size));
  }
  Buffer point(1 + 2 * size);
  point[0] = 0x04;  // uncompressed, SEC 1 section 2.3.3
  std::copy(x.begin(), x.end(), point.begin() + static_cast<std::ptrdiff_t>(1 + size - x.size()));
  std::copy(y.begin(), y.end(), point.end() - static_cast<std::ptrdiff_t>(y.size()));
  const char* group = curve == KeyType::ec_p384 ? SN_secp384r1 : SN_X9_62_prime256v1;
  const ParamBuilderPtr builder(OSSL_PARAM_BLD_new());
  ASSAY_CHECK(
      builder &&
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, group, 0) == 1 &&
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                       point.size()) == 1);
  PkeyPtr key = key_from_parameters("EC", builder.get());
  if (!key) return refuse("public_key", "no point on the curve: " + take_openssl_error());
  return accept_public_key("public_key", std::move(key));
}

PublicKey::PublicKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {
  const auto type = type_of(key_.get());
  ASSAY_CHECK(type);
  type_ = *type;
}

int PublicKey::bits() const { return EVP_PKEY_get_bits(key_.get()); }

std::string PublicKey::describe() const {
  switch (type()) {
    case KeyType::rsa:
      return fmt::format("RSA-{}", bits());
    case KeyType::ec_p256:
    case KeyType::ec_p384:
      return fmt::format("P-{}", bits());
  }
  check_failed("type is one of KeyType", __FILE__, __LINE__);
}

std::string PublicKey::pem() const { return pem_block("PUBLIC KEY", spki()); }

std::string PublicKey::fingerprint() const { return sha256_hex(spki()); }

bool PublicKey::operator==(const PublicKey& other) const {
  if (key_ == other.key_) return true;
  ErrorQueueGuard guard;
  return EVP_PKEY_eq(key_.get(), other.key_.get()) == 1;
}

std::optional<PublicKey::RsaNumbers> PublicKey::rsa_numbers() const {
  if (type() != KeyType::rsa) return std::nullopt;
  const BignumPtr exponent = key_number(key_.get(), OSSL_PKEY_PARAM_RSA_E);
  return RsaNumbers{big_endian(*key_number(key_.get(), OSSL_PKEY_PARAM_RSA_N)),
                    static_cast<std::uint32_t>(BN_get_word(exponent.get()))};
}

bool PublicKey::verify_rsassa(HashAlgorithm algorithm, Bytes message, Bytes signature) const {
  const char* digest_name = signature_digest_name(algorithm);
  if (!digest_name || type() != KeyType::rsa) return false;
  ErrorQueueGuard guard;
  const Digest digest = hash(algorithm, message);
  return EVP_PKEY_verify(rsassa_verifier(key_.get(), digest_name), signature.data(),
                         signature.size(), digest.bytes().data(), digest.bytes().size()) == 1;
}

bool PublicKey::verify_ecdsa(HashAlgorithm algorithm, Bytes message, Bytes r, Bytes s) const {
  const KeyType curve = type();
  if (curve != KeyType::ec_p256 && curve != KeyType::ec_p384) return false;
  if (!signature_digest_name(algorithm)) return false;
  if (r.size() > field_size(curve) || s.size() > field_size(curve)) return false;
  ErrorQueueGuard guard;
  const Digest digest = hash(algorithm, message);
  // FIPS 186-5 section 6.4.2: "if r or s is not an integer in the interval [1, n-1], output
  // 'reject'": OpenSSL does.
  const DerSignature signature(r, s);
  const PkeyContextPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, key_.get(), nullptr));
  ASSAY_CHECK(context && EVP_PKEY_verify_init(context.get()) == 1);
  return EVP_PKEY_verify(context.get(), signature.bytes().data(), signature.bytes().size(),
                         digest.bytes().data(), digest.bytes().size()) == 1;
}

}  // namespace assay
