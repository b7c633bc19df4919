// SPDX-License-Identifier: Apache-2.0
#include "formats/tpm.h"

#include <fmt/format.h>

#include <algorithm>

namespace assay {
namespace {

// TPM 2.0 Part 2, 6.2 and 6.9.
constexpr std::uint32_t kGeneratedValue = 0xFF544347;
constexpr std::uint16_t kAttestCertify = 0x8017;
constexpr std::uint16_t kAttestQuote = 0x8018;

// The largest members of TPMU_HA and of TPMT_HA, of an RSA-4096 number and of a P-521 coordinate.
constexpr std::size_t kMaxDigest = 64;
constexpr std::size_t kMaxHashed = 2 + kMaxDigest;
constexpr std::size_t kMaxRsaBytes = 512;
constexpr std::size_t kMaxEccBytes = 66;

constexpr std::uint32_t kMaxSelections = 8;
constexpr std::uint8_t kMaxSelectBytes = 4;

// Bits of TPMA_OBJECT that no revision of Part 2, 8.3 defines: 0, 3, 12 to 15, 20 to 31.
constexpr std::uint32_t kReservedAttributes = 0xFFF0F009;

/// A TPMI_ALG_HASH.
HashAlgorithm read_hash(ByteReader& r, std::string_view field) {
  const std::uint16_t id = r.u16_be(field);
  const auto algorithm = hash_algorithm(id);
  if (!algorithm) r.fail(field, fmt::format("unknown hash algorithm {:#06x}", id));
  return algorithm.value_or(HashAlgorithm::sha256);
}

/// Part 2, 12.2.4: "if (authPolicy) is not the Empty Buffer, its size shall be the size of the
/// digest produced by nameAlg".
void check_policy_size(ByteReader& r, const TpmPublic& key) {
  const std::size_t want = digest_size(key.name_algorithm);
  if (key.auth_policy.empty() || key.auth_policy.size() == want) return;
  r.fail("auth_policy", fmt::format("{} bytes, wanted none or {}", key.auth_policy.size(), want));
}

/// TPMT_SYM_DEF_OBJECT+.  Part 2, 12.2.3.5: "for a restricted decryption key, shall be set to a
/// supported symmetric algorithm, key size, and mode.  if the key is not a restricted decryption
/// key, this field shall be set to TPM_ALG_NULL."
std::optional<TpmSymmetric> read_symmetric(ByteReader& r, const TpmObjectAttributes& attributes) {
  const bool wanted = attributes.restricted && attributes.decrypt;
  TpmSymmetric out{.algorithm = r.u16_be("symmetric.algorithm"), .key_bits = 0, .mode = 0};
  const bool present = out.algorithm != tpm_alg::kNull;
  r.require("symmetric.algorithm", present == wanted,
            wanted ? "a storage key needs a symmetric algorithm"
                   : "only a storage key has a symmetric algorithm");
  if (!present) return std::nullopt;
  out.key_bits = r.u16_be("symmetric.key_bits");
  out.mode = r.u16_be("symmetric.mode");
  return out;
}

bool is_scheme_of(std::uint16_t type, std::uint16_t scheme) {
  if (scheme == tpm_alg::kNull) return true;
  if (type == tpm_alg::kRsa) return scheme == tpm_alg::kRsassa || scheme == tpm_alg::kRsapss;
  return scheme == tpm_alg::kEcdsa;
}

/// TPMT_RSA_SCHEME+ or TPMT_ECC_SCHEME+, as far as a key that signs or stores can have them.
void read_scheme(ByteReader& r, TpmPublic& key) {
  key.scheme = r.u16_be("scheme");
  if (!is_scheme_of(key.type, key.scheme)) {
    r.fail("scheme", fmt::format("scheme {:#06x} is not one of null, RSASSA, RSAPSS for RSA or "
                                 "null, ECDSA for ECC",
                                 key.scheme));
    return;
  }
  if (key.scheme != tpm_alg::kNull) key.scheme_hash = read_hash(r, "scheme_hash");
}

/// TPMS_RSA_PARMS and TPM2B_PUBLIC_KEY_RSA.  Part 2, 12.2.3.5 and 11.2.4.5.
void read_rsa(ByteReader& r, TpmPublic& key) {
  key.symmetric = read_symmetric(r, key.attributes);
  read_scheme(r, key);
  key.key_bits = r.u16_be("key_bits");
  r.require("key_bits", key.key_bits % 1024 == 0 && key.key_bits > 0 && key.key_bits <= 4096,
            "wanted 1024, 2048, 3072 or 4096");
  const std::uint32_t exponent = r.u32_be("exponent");
  // "If zero, the exponent is the default of 2^16 + 1", else "an odd prime number".
  r.require("exponent", exponent == 0 || (exponent % 2 == 1 && exponent > 1), "wanted 0 or odd");
  key.exponent = exponent == 0 ? 65537 : exponent;
  key.modulus = to_buffer(r.sized_be16("modulus", kMaxRsaBytes));
  r.require("modulus", key.modulus.empty() || key.modulus.size() * 8 == key.key_bits,
            "size is neither zero nor that of key_bits");
}

/// Bytes of a coordinate on a TPM_ECC_CURVE (Part 2, 6.4), none for a curve that we do not know.
std::optional<std::size_t> coordinate_size(std::uint16_t curve) {
  switch (curve) {
    case 0x0003:
      return 32;  // NIST P-256
    case 0x0004:
      return 48;  // NIST P-384
    case 0x0005:
      return 66;  // NIST P-521
    case 0x0020:
      return 32;  // SM2 P-256
    default:
      return std::nullopt;
  }
}

/// TPMS_ECC_PARMS and TPMS_ECC_POINT.  Part 2, 12.2.3.6 and 11.2.5.2.
void read_ecc(ByteReader& r, TpmPublic& key) {
  key.symmetric = read_symmetric(r, key.attributes);
  read_scheme(r, key);
  key.curve = r.u16_be("curve");
  const auto size = coordinate_size(key.curve);
  if (!size) r.fail("curve", fmt::format("unknown curve {:#06x}", key.curve));
  // "in the reference code, this field needs to be set to TPM_ALG_NULL."
  r.require("kdf", r.u16_be("kdf") == tpm_alg::kNull, "wanted TPM_ALG_NULL");
  key.x = to_buffer(r.sized_be16("x", size.value_or(0)));
  key.y = to_buffer(r.sized_be16("y", size.value_or(0)));
  r.require("y", key.x.empty() == key.y.empty(), "one coordinate without the other");
}

/// TPMS_CLOCK_INFO.
TpmClock read_clock(ByteReader& r) {
  TpmClock clock;
  clock.clock_ms = r.u64_be("clock");
  clock.reset_count = r.u32_be("reset_count");
  clock.restart_count = r.u32_be("restart_count");
  const std::uint8_t safe = r.u8("safe");
  r.require("safe", safe <= 1, "TPMI_YES_NO is 0 or 1");
  clock.safe = safe == 1;
  return clock;
}

/// TPMS_PCR_SELECTION.  Part 2, 10.6.2: PCR n is bit n % 8 of byte n / 8.
PcrSelection read_selection(ByteReader& r) {
  PcrSelection selection{read_hash(r, "selection.hash"), 0};
  const std::uint8_t size = r.u8("selection.size");
  r.require("selection.size", size <= kMaxSelectBytes, "more than 4 bytes");
  std::uint32_t bits = 0;
  const Bytes select = r.take("selection.pcrs", size);
  for (std::size_t i = 0; i < select.size() && i < kMaxSelectBytes; ++i) {
    bits |= std::uint32_t{select[i]} << (8 * i);
  }
  r.require("selection.pcrs", bits >> kPcrCount == 0, "selects a PCR above 23");
  selection.mask = bits;
  return selection;
}

/// TPML_PCR_SELECTION.
std::vector<PcrSelection> read_selections(ByteReader& r) {
  const std::uint32_t count = r.u32_be("selection.count");
  if (count > kMaxSelections) {
    r.fail("selection.count",
           fmt::format("{} selections, at most {} allowed", count, kMaxSelections));
  }
  std::vector<PcrSelection> out;
  for (std::uint32_t i = 0; r.ok() && i < count; ++i) {
    const PcrSelection next = read_selection(r);
    const bool twice = std::any_of(out.begin(), out.end(),
                                   [&](const PcrSelection& s) { return s.bank == next.bank; });
    if (r.ok() && twice)
      r.fail("selection.hash", fmt::format("{} appears twice", name_of(next.bank)));
    out.push_back(next);
  }
  return out;
}

/// What TPMS_ATTEST has before its type's own part, up to the nonce.  Part 2, 10.12.8.
void read_attest_head(ByteReader& r, std::uint16_t type, std::string_view type_fault) {
  r.require("magic", r.u32_be("magic") == kGeneratedValue, "not TPM_GENERATED_VALUE (0xff544347)");
  r.require("type", r.u16_be("type") == type, type_fault);
}

}  // namespace

TpmObjectAttributes TpmObjectAttributes::from_word(std::uint32_t word) {
  const auto bit = [word](unsigned n) { return (word >> n & 1) != 0; };
  return {.fixed_tpm = bit(1),
          .st_clear = bit(2),
          .fixed_parent = bit(4),
          .sensitive_data_origin = bit(5),
          .user_with_auth = bit(6),
          .admin_with_policy = bit(7),
          .no_da = bit(10),
          .encrypted_duplication = bit(11),
          .restricted = bit(16),
          .decrypt = bit(17),
          .sign = bit(18)};
}

Result<TpmPublic> parse_tpm_public(Bytes in) {
  ByteReader r("tpm_public", in);
  TpmPublic key{};
  key.type = r.u16_be("type");
  if (key.type != tpm_alg::kRsa && key.type != tpm_alg::kEcc) {
    r.fail("type", fmt::format("type {:#06x} is neither RSA nor ECC", key.type));
  }
  key.name_algorithm = read_hash(r, "name_algorithm");
  const std::uint32_t attributes = r.u32_be("attributes");
  r.require("attributes", (attributes & kReservedAttributes) == 0, "a reserved bit is set");
  key.attributes = TpmObjectAttributes::from_word(attributes);
  key.auth_policy = to_buffer(r.sized_be16("auth_policy", kMaxDigest));
  check_policy_size(r, key);
  key.type == tpm_alg::kRsa ? read_rsa(r, key) : read_ecc(r, key);
  return r.finish(std::move(key));
}

Result<QuoteAttest> parse_quote_attest(Bytes in) {
  ByteReader r("quote_attest", in);
  read_attest_head(r, kAttestQuote, "not TPM_ST_ATTEST_QUOTE (0x8018)");
  QuoteAttest quote;
  quote.qualified_signer = to_buffer(r.sized_be16("qualified_signer", kMaxHashed));
  quote.extra_data = to_buffer(r.sized_be16("extra_data", kMaxHashed));
  quote.clock = read_clock(r);
  quote.firmware_version = r.u64_be("firmware_version");
  quote.selections = read_selections(r);
  quote.pcr_digest = to_buffer(r.sized_be16("pcr_digest", kMaxDigest));
  return r.finish(std::move(quote));
}

Result<CertifyAttest> parse_certify_attest(Bytes in) {
  ByteReader r("certify_attest", in);
  read_attest_head(r, kAttestCertify, "not TPM_ST_ATTEST_CERTIFY (0x8017)");
  CertifyAttest certify;
  certify.qualified_signer = to_buffer(r.sized_be16("qualified_signer", kMaxHashed));
  certify.extra_data = to_buffer(r.sized_be16("extra_data", kMaxHashed));
  certify.clock = read_clock(r);
  certify.firmware_version = r.u64_be("firmware_version");
  certify.name = to_buffer(r.sized_be16("name", kMaxHashed));
  certify.qualified_name = to_buffer(r.sized_be16("qualified_name", kMaxHashed));
  return r.finish(std::move(certify));
}

Result<TpmSignature> parse_tpm_signature(Bytes in) {
  ByteReader r("tpm_signature", in);
  const std::uint16_t scheme = r.u16_be("scheme");
  if (scheme == tpm_alg::kRsassa) {
    RsassaSignature signature{read_hash(r, "hash"), {}};
    signature.signature = to_buffer(r.sized_be16("signature", kMaxRsaBytes));
    r.require("signature", !signature.signature.empty(), "empty");
    return r.finish(TpmSignature(std::move(signature)));
  }
  if (scheme == tpm_alg::kEcdsa) {
    EcdsaSignature signature{read_hash(r, "hash"), {}, {}};
    signature.r = to_buffer(r.sized_be16("r", kMaxEccBytes));
    signature.s = to_buffer(r.sized_be16("s", kMaxEccBytes));
    r.require("s", !signature.r.empty() && !signature.s.empty(), "empty");
    return r.finish(TpmSignature(std::move(signature)));
  }
  r.fail("scheme", fmt::format("scheme {:#06x} is neither RSASSA nor ECDSA", scheme));
  return tl::unexpected(r.error());
}

Result<Digest> parse_tpm_hmac(Bytes in) {
  ByteReader r("tpm_hmac", in);
  const std::uint16_t scheme = r.u16_be("scheme");
  if (scheme != tpm_alg::kHmac) r.fail("scheme", fmt::format("scheme {:#06x} is not HMAC", scheme));
  const HashAlgorithm algorithm = read_hash(r, "hash");
  const Bytes code = r.take("code", digest_size(algorithm));
  r.end();
  if (!r.ok()) return tl::unexpected(r.error());
  return Digest(algorithm, code);
}

}  // namespace assay
