// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/byte_reader.h"
#include "base/bytes.h"
#include "base/hash_algorithm.h"
#include "formats/pcr.h"

namespace assay {

/// TPM_ALG_ID values used here.  TCG Algorithm Registry, table 3.
namespace tpm_alg {
inline constexpr std::uint16_t kRsa = 0x0001;
inline constexpr std::uint16_t kHmac = 0x0005;
inline constexpr std::uint16_t kAes = 0x0006;
inline constexpr std::uint16_t kKeyedHash = 0x0008;
inline constexpr std::uint16_t kNull = 0x0010;
inline constexpr std::uint16_t kRsassa = 0x0014;
inline constexpr std::uint16_t kRsapss = 0x0016;
inline constexpr std::uint16_t kEcdsa = 0x0018;
inline constexpr std::uint16_t kEcc = 0x0023;
inline constexpr std::uint16_t kCfb = 0x0043;
}  // namespace tpm_alg

/// TPMA_OBJECT as named bools.  TPM 2.0 Part 2, 8.3.
struct TpmObjectAttributes {
  bool fixed_tpm, st_clear, fixed_parent, sensitive_data_origin, user_with_auth, admin_with_policy,
      no_da, encrypted_duplication, restricted, decrypt, sign;
  static TpmObjectAttributes from_word(std::uint32_t word);
  bool operator==(const TpmObjectAttributes&) const = default;
};

/// TPMT_SYM_DEF_OBJECT of a storage key.  Part 2, 11.1.7.
struct TpmSymmetric {
  std::uint16_t algorithm;  ///< tpm_alg::kAes
  std::uint16_t key_bits;
  std::uint16_t mode;  ///< tpm_alg::kCfb
  bool operator==(const TpmSymmetric&) const = default;
};

/// TPMT_PUBLIC of an asymmetric key.  TPM 2.0 Part 2, 12.2.4.
struct TpmPublic {
  std::uint16_t type;  ///< tpm_alg::kRsa or kEcc
  HashAlgorithm name_algorithm;
  TpmObjectAttributes attributes;
  Buffer auth_policy;
  std::optional<TpmSymmetric> symmetric;  ///< of a storage key (restricted, decrypt) alone
  std::uint16_t scheme;                   ///< tpm_alg::kNull, kRsassa, kRsapss, kEcdsa
  std::optional<HashAlgorithm> scheme_hash;
  // RSA
  std::uint16_t key_bits = 0;
  std::uint32_t exponent = 0;  ///< 65537 where the structure says 0
  Buffer modulus;              ///< big-endian; empty in a template
  // ECC
  std::uint16_t curve = 0;  ///< TPM_ECC_CURVE: 3 is NIST P-256, 4 is P-384
  Buffer x, y;              ///< big-endian
};

/// Parses TPMT_PUBLIC of type RSA or ECC.  Fault::malformed.
Result<TpmPublic> parse_tpm_public(Bytes in);

/// TPMS_CLOCK_INFO.  Part 2, 10.11.1.
struct TpmClock {
  std::uint64_t clock_ms = 0;
  std::uint32_t reset_count = 0;
  std::uint32_t restart_count = 0;
  bool safe = false;
  bool operator==(const TpmClock&) const = default;
};

/// TPMS_PCR_SELECTION.
struct PcrSelection {
  HashAlgorithm bank;
  PcrMask mask;
};

/// TPMS_ATTEST of type TPM_ST_ATTEST_QUOTE.  Part 2, 10.12.8 and 10.12.1.
struct QuoteAttest {
  Buffer qualified_signer;  ///< TPM2B_NAME
  Buffer extra_data;        ///< the nonce, at most 64 bytes of digest plus algorithm
  TpmClock clock;
  std::uint64_t firmware_version = 0;
  std::vector<PcrSelection> selections;  ///< at most 8, no bank twice
  Buffer pcr_digest;
};

/// Parses TPMS_ATTEST; the magic must be TPM_GENERATED_VALUE (0xFF544347: without it the bytes need
/// not come from a TPM at all, Part 2, 6.2) and the type TPM_ST_ATTEST_QUOTE (0x8018).
Result<QuoteAttest> parse_quote_attest(Bytes in);

/// TPMS_ATTEST of type TPM_ST_ATTEST_CERTIFY.  Part 2, 10.12.8 and 10.12.3.
struct CertifyAttest {
  Buffer qualified_signer;  ///< TPM2B_NAME
  Buffer extra_data;
  TpmClock clock;
  std::uint64_t firmware_version = 0;
  Buffer name;            ///< of the certified object: nameAlg and a digest
  Buffer qualified_name;  ///< the same with its parents
};

/// Parses TPMS_ATTEST; the magic must be TPM_GENERATED_VALUE and the type TPM_ST_ATTEST_CERTIFY
/// (0x8017).  Fault::malformed.
Result<CertifyAttest> parse_certify_attest(Bytes in);

/// TPMT_SIGNATURE: RSASSA, or ECDSA.  Part 2, 11.3.4.
struct RsassaSignature {
  HashAlgorithm hash;
  Buffer signature;
};
struct EcdsaSignature {
  HashAlgorithm hash;
  Buffer r, s;
};
using TpmSignature = std::variant<RsassaSignature, EcdsaSignature>;

/// Parses TPMT_SIGNATURE; other schemes are Fault::malformed with the scheme named.
Result<TpmSignature> parse_tpm_signature(Bytes in);

/// Parses TPMT_SIGNATURE of the scheme HMAC, whose TPMT_HA is the authentication code.
/// Fault::malformed.
Result<Digest> parse_tpm_hmac(Bytes in);

}  // namespace assay
