// SPDX-License-Identifier: Apache-2.0
#include "formats/tpm.h"

#include <gtest/gtest.h>

#include "base/hex.h"
#include "formats/attestation.h"
#include "formats/recorded.h"

namespace assay {
namespace {

Buffer bytes(std::string_view digits) { return parse_hex("test", digits).value(); }

/// The TPMT_PUBLIC inside a TPM2B_PUBLIC file.
Buffer public_area(const std::string& path) {
  const Buffer file = boot_file(path);
  return to_buffer(Bytes(file).subspan(2));
}

/// `in` with the bytes at `at` replaced.
Buffer patched(Buffer in, std::size_t at, std::string_view digits) {
  const Buffer patch = bytes(digits);
  std::copy(patch.begin(), patch.end(), in.begin() + static_cast<std::ptrdiff_t>(at));
  return in;
}

Buffer with_trailing_byte(Buffer in) {
  in.push_back(0);
  return in;
}

template <class Parse>
std::string outcome(Parse parse, Bytes in) {
  const auto got = parse(in);
  return got ? "" : to_string(got.error());
}

template <class Parse>
void expect_refused_when_cut(Parse parse, const Buffer& whole) {
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto got = parse(Bytes(whole).first(size));
    ASSERT_FALSE(got) << size;
    ASSERT_FALSE(got.error().why.empty());
  }
}

struct Twin {
  std::string_view name;
  Buffer in;
  std::string_view error;
};

template <class Parse>
void expect_refused(Parse parse, const std::vector<Twin>& twins) {
  for (const Twin& twin : twins) {
    SCOPED_TRACE(twin.name);
    EXPECT_EQ(outcome(parse, twin.in), twin.error);
  }
}

TEST(TpmPublic, ReadsARecordedRsaKey) {
  const auto key = parse_tpm_public(public_area("sb/akrsa.tpm2b"));
  ASSERT_TRUE(key) << to_string(key.error());
  EXPECT_EQ(key->type, tpm_alg::kRsa);
  EXPECT_EQ(key->name_algorithm, HashAlgorithm::sha256);
  EXPECT_EQ(key->attributes, TpmObjectAttributes::from_word(0x00050072));
  EXPECT_TRUE(key->attributes.restricted && key->attributes.sign && !key->attributes.decrypt);
  EXPECT_TRUE(key->auth_policy.empty());
  EXPECT_EQ(key->scheme, tpm_alg::kRsassa);
  EXPECT_EQ(key->scheme_hash, HashAlgorithm::sha256);
  EXPECT_EQ(key->key_bits, 2048);
  EXPECT_EQ(key->exponent, 65537U);
  // As openssl prints akrsa.pem.
  EXPECT_EQ(hex(Bytes(key->modulus).first(16)), "c57568e239ff882b9e2a4cfee5c26bad");
  EXPECT_EQ(key->modulus.size(), 256U);
}

TEST(TpmPublic, ReadsARecordedEccKey) {
  const auto key = parse_tpm_public(public_area("sb/akecc.tpm2b"));
  ASSERT_TRUE(key) << to_string(key.error());
  EXPECT_EQ(key->type, tpm_alg::kEcc);
  EXPECT_EQ(key->scheme, tpm_alg::kEcdsa);
  EXPECT_EQ(key->curve, 3);
  EXPECT_TRUE(key->attributes.no_da);
  // As openssl prints akecc.pem.
  EXPECT_EQ(hex(key->x), "4b3418fa3fa4ee0201975b5ef9f6692073b5c228a1d781c6e1d51b2e90816380");
  EXPECT_EQ(hex(key->y), "e3ea96ae3cc9dd6ee93faa4340d9605b5513c26512413565f0ad4169d66b032c");
}

// Template L-1 of the TCG EK Credential Profile 2.5, without its unique bytes: an RSA storage key
// with a policy and AES-128-CFB.
constexpr std::string_view kEkTemplate =
    "0001000b000300b20020837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1da1b331469aa"
    "00060080004300100800000000000000";

TEST(TpmPublic, ReadsATemplateWithAPolicyAndASymmetricAlgorithm) {
  const auto key = parse_tpm_public(bytes(kEkTemplate));
  ASSERT_TRUE(key) << to_string(key.error());
  EXPECT_EQ(hex(key->auth_policy),
            "837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1da1b331469aa");
  EXPECT_EQ(key->scheme, tpm_alg::kNull);
  EXPECT_FALSE(key->scheme_hash);
  EXPECT_EQ(key->symmetric, (TpmSymmetric{tpm_alg::kAes, 128, tpm_alg::kCfb}));
  EXPECT_TRUE(key->attributes.decrypt && key->attributes.admin_with_policy);
  EXPECT_TRUE(key->modulus.empty());
}

TEST(TpmPublic, NamesEachAttributeBit) {
  // TPM 2.0 Part 2, table 35.
  EXPECT_TRUE(TpmObjectAttributes::from_word(1U << 1).fixed_tpm);
  EXPECT_TRUE(TpmObjectAttributes::from_word(1U << 2).st_clear);
  EXPECT_TRUE(TpmObjectAttributes::from_word(1U << 4).fixed_parent);
  EXPECT_TRUE(TpmObjectAttributes::from_word(1U << 5).sensitive_data_origin);
  EXPECT_TRUE(TpmObjectAttributes::from_word(1U << 6).user_with_auth);
  EXPECT_TRUE(TpmObjectAttributes::from_word(1U << 7).admin_with_policy);
  EXPECT_TRUE(TpmObjectAttributes::from_word(1U << 10).no_da);
  EXPECT_TRUE(TpmObjectAttributes::from_word(1U << 11).encrypted_duplication);
  EXPECT_TRUE(TpmObjectAttributes::from_word(1U << 16).restricted);
  EXPECT_TRUE(TpmObjectAttributes::from_word(1U << 17).decrypt);
  EXPECT_TRUE(TpmObjectAttributes::from_word(1U << 18).sign);
  EXPECT_EQ(TpmObjectAttributes::from_word(0xFFF8F309), TpmObjectAttributes{});
}

TEST(TpmPublic, RefusesTwinsOfTheRecordedKeys) {
  const Buffer rsa = public_area("sb/akrsa.tpm2b");
  const Buffer ecc = public_area("sb/akecc.tpm2b");
  expect_refused_when_cut(parse_tpm_public, rsa);
  expect_refused_when_cut(parse_tpm_public, ecc);
  expect_refused(
      parse_tpm_public,
      {{"a trailing byte", with_trailing_byte(rsa), "tpm_public.end@0x118: 1 trailing bytes"},
       {"a keyed hash", patched(rsa, 0, "0008"),
        "tpm_public.type@0x2: type 0x0008 is neither RSA nor ECC"},
       {"an unknown name algorithm", patched(rsa, 2, "0027"),
        "tpm_public.name_algorithm@0x4: unknown hash algorithm 0x0027"},
       {"no name algorithm", patched(rsa, 2, "0010"),
        "tpm_public.name_algorithm@0x4: unknown hash algorithm 0x0010"},
       {"a reserved attribute", patched(rsa, 4, "80050072"),
        "tpm_public.attributes@0x8: a reserved bit is set"},
       {"a signing key with a symmetric algorithm", patched(rsa, 10, "0006"),
        "tpm_public.symmetric.algorithm@0xc: only a storage key has a symmetric algorithm"},
       {"a storage key without one", patched(rsa, 4, "00030072"),
        "tpm_public.symmetric.algorithm@0xc: a storage key needs a symmetric algorithm"},
       {"an RSA key with ECDSA", patched(rsa, 12, "0018"),
        "tpm_public.scheme@0xe: scheme 0x0018 is not one of null, RSASSA, RSAPSS for RSA or null, "
        "ECDSA for ECC"},
       {"an unknown scheme hash", patched(rsa, 14, "0001"),
        "tpm_public.scheme_hash@0x10: unknown hash algorithm 0x0001"},
       {"512 bits", patched(rsa, 16, "0200"),
        "tpm_public.key_bits@0x12: wanted 1024, 2048, 3072 or 4096"},
       {"an even exponent", patched(rsa, 18, "00010000"),
        "tpm_public.exponent@0x16: wanted 0 or odd"},
       {"an exponent of one", patched(rsa, 18, "00000001"),
        "tpm_public.exponent@0x16: wanted 0 or odd"},
       {"a modulus of another size than key_bits", patched(rsa, 16, "0400"),
        "tpm_public.modulus@0x118: size is neither zero nor that of key_bits"},
       {"an unknown curve", patched(ecc, 16, "0099"),
        "tpm_public.curve@0x12: unknown curve 0x0099"},
       {"an ECC key with a KDF", patched(ecc, 18, "0020"),
        "tpm_public.kdf@0x14: wanted TPM_ALG_NULL"},
       {"an ECC key with RSASSA", patched(ecc, 12, "0014"),
        "tpm_public.scheme@0xe: scheme 0x0014 is not one of null, RSASSA, RSAPSS for RSA or null, "
        "ECDSA for ECC"},
       {"a coordinate larger than the curve", patched(ecc, 20, "0021"),
        "tpm_public.x@0x16: 33 bytes declared, at most 32 allowed"},
       {"one coordinate alone",
        bytes("0023000b0005047200000010001000030010000101"
              "0000"),
        "tpm_public.y@0x17: one coordinate without the other"},
       {"a policy of another size than the name algorithm's digests",
        bytes("0001000b000500720003010203"),
        "tpm_public.auth_policy@0xd: 3 bytes, wanted none or 32"}});
}

TEST(QuoteAttest, ReadsARecordedQuote) {
  const auto quote = parse_quote_attest(boot_file("sb/quote.rsa.sha1.msg"));
  ASSERT_TRUE(quote) << to_string(quote.error());
  EXPECT_EQ(hex(quote->qualified_signer),
            "000b039b62aa26fb27a957f49b441ea5e639d5468057fd614cd26b130c41d7ae6296");
  EXPECT_EQ(hex(quote->extra_data), "6c61622d6e6f6e63652d303132333435");
  EXPECT_EQ(quote->clock, (TpmClock{0x60a4, 2, 0, true}));
  EXPECT_EQ(quote->firmware_version, 0x2019102300163636U);
  ASSERT_EQ(quote->selections.size(), 1U);
  EXPECT_EQ(quote->selections[0].bank, HashAlgorithm::sha1);
  EXPECT_EQ(quote->selections[0].mask, 0xFFFFFFU);
  EXPECT_EQ(hex(quote->pcr_digest),
            "93f829c1bc0d273f2ce473f852291a9295fe1947f43073dfc0ae1b0c0a6f6d22");
}

TEST(QuoteAttest, ReadsEveryRecordedQuoteAndSignature) {
  for (const std::string boot : {"nosb", "nosblegacy", "sb", "sbfull", "uki", "ukisb"}) {
    for (const std::string bank : {"sha1", "sha256", "sha384"}) {
      for (const std::string key : {"rsa", "ecc"}) {
        const std::string name = boot + "/quote." + key + "." + bank;
        SCOPED_TRACE(name);
        const auto quote = parse_quote_attest(boot_file(name + ".msg"));
        ASSERT_TRUE(quote) << to_string(quote.error());
        EXPECT_EQ(name_of(quote->selections.at(0).bank), bank);
        const auto signature = parse_tpm_signature(boot_file(name + ".sig"));
        ASSERT_TRUE(signature) << to_string(signature.error());
        EXPECT_EQ(std::holds_alternative<RsassaSignature>(*signature), key == "rsa");
        const auto ak = parse_tpm_public(public_area(boot + "/ak" + key + ".tpm2b"));
        EXPECT_TRUE(ak) << to_string(ak.error());
      }
    }
  }
}

// magic, type, signer, extra data, clock (17 bytes) and firmware version, up to the selection.
const std::string kBeforeSelection =
    "ff5443478018"
    "0000"
    "0000"
    "0000000000000001"
    "00000002"
    "00000003"
    "01"
    "0000000000000004";

TEST(QuoteAttest, ReadsSelectionsByBit) {
  const auto quote = parse_quote_attest(bytes(kBeforeSelection + "00000003"
                                                                 "000b"
                                                                 "03"
                                                                 "010280"
                                                                 "0004"
                                                                 "01"
                                                                 "80"
                                                                 "000c"
                                                                 "00"
                                                                 "0000"));
  ASSERT_TRUE(quote) << to_string(quote.error());
  ASSERT_EQ(quote->selections.size(), 3U);
  EXPECT_EQ(quote->selections[0].mask, 1U << 0 | 1U << 9 | 1U << 23);
  EXPECT_EQ(quote->selections[1].mask, 1U << 7);
  EXPECT_EQ(quote->selections[2].mask, 0U);
  EXPECT_EQ(quote->clock, (TpmClock{1, 2, 3, true}));
}

TEST(QuoteAttest, RefusesTwins) {
  const Buffer quote = boot_file("sb/quote.ecc.sha256.msg");
  expect_refused_when_cut(parse_quote_attest, quote);
  const auto with = [](std::string_view rest) {
    return bytes(kBeforeSelection + std::string(rest));
  };
  expect_refused(
      parse_quote_attest,
      {{"a trailing byte", with_trailing_byte(quote), "quote_attest.end@0x81: 1 trailing bytes"},
       {"bytes that need not come from a TPM", patched(quote, 0, "ff544346"),
        "quote_attest.magic@0x4: not TPM_GENERATED_VALUE (0xff544347)"},
       {"a TPM_ST_ATTEST_CERTIFY", patched(quote, 4, "8017"),
        "quote_attest.type@0x6: not TPM_ST_ATTEST_QUOTE (0x8018)"},
       {"a name that is too long", patched(quote, 6, "0043"),
        "quote_attest.qualified_signer@0x8: 67 bytes declared, at most 66 allowed"},
       {"neither safe nor unsafe", patched(quote, 76, "02"),
        "quote_attest.safe@0x4d: TPMI_YES_NO is 0 or 1"},
       {"nine selections", with("00000009"),
        "quote_attest.selection.count@0x27: 9 selections, at most 8 allowed"},
       {"an unknown bank",
        with("00000001"
             "0027"
             "03"
             "ffffff"
             "0000"),
        "quote_attest.selection.hash@0x29: unknown hash algorithm 0x0027"},
       {"a bank twice",
        with("00000002"
             "000b"
             "03"
             "ffffff"
             "000b"
             "03"
             "000000"
             "0000"),
        "quote_attest.selection.hash@0x33: sha256 appears twice"},
       {"PCR 24",
        with("00000001"
             "000b"
             "04"
             "00000001"
             "0000"),
        "quote_attest.selection.pcrs@0x2e: selects a PCR above 23"},
       {"five bytes of selection",
        with("00000001"
             "000b"
             "05"
             "0000000000"
             "0000"),
        "quote_attest.selection.size@0x2a: more than 4 bytes"},
       {"a digest that is too long",
        with("00000000"
             "0041"),
        "quote_attest.pcr_digest@0x29: 65 bytes declared, at most 64 allowed"}});
}

const std::string kCertified =
    "ff5443478017"
    "0002000b"
    "0003010203"
    "0000000000000001"
    "00000002"
    "00000003"
    "01"
    "0000000000000004"
    "0003000baa"
    "0003000bbb";

TEST(CertifyAttest, ReadsTheNamesOfTheCertifiedKey) {
  const auto certify = parse_certify_attest(bytes(kCertified));
  ASSERT_TRUE(certify) << to_string(certify.error());
  EXPECT_EQ(hex(certify->qualified_signer), "000b");
  EXPECT_EQ(hex(certify->extra_data), "010203");
  EXPECT_EQ(certify->clock, (TpmClock{1, 2, 3, true}));
  EXPECT_EQ(certify->firmware_version, 4U);
  EXPECT_EQ(hex(certify->name), "000baa");
  EXPECT_EQ(hex(certify->qualified_name), "000bbb");
}

TEST(CertifyAttest, RefusesTwins) {
  const Buffer whole = bytes(kCertified);
  expect_refused_when_cut(parse_certify_attest, whole);
  expect_refused(parse_certify_attest,
                 {{"one byte too many", with_trailing_byte(whole),
                   "certify_attest.end@0x32: 1 trailing bytes"},
                  {"not made by a TPM", patched(whole, 0, "ff544348"),
                   "certify_attest.magic@0x4: not TPM_GENERATED_VALUE (0xff544347)"},
                  {"a quote", boot_file("sb/quote.rsa.sha256.msg"),
                   "certify_attest.type@0x6: not TPM_ST_ATTEST_CERTIFY (0x8017)"},
                  {"a clock that is neither safe nor unsafe", patched(whole, 31, "02"),
                   "certify_attest.safe@0x20: TPMI_YES_NO is 0 or 1"}});
  // And the other way round.
  EXPECT_EQ(outcome(parse_quote_attest, whole),
            "quote_attest.type@0x6: not TPM_ST_ATTEST_QUOTE (0x8018)");
}

TEST(TpmHmac, ReadsAnAuthenticationCodeAndRefusesTwins) {
  const Buffer whole = bytes("0005000b" + std::string(64, 'a'));
  const auto code = parse_tpm_hmac(whole);
  ASSERT_TRUE(code) << to_string(code.error());
  EXPECT_EQ(*code, Digest(HashAlgorithm::sha256, Buffer(32, 0xAA)));
  expect_refused_when_cut(parse_tpm_hmac, whole);
  expect_refused(parse_tpm_hmac, {{"one byte too many", with_trailing_byte(whole),
                                   "tpm_hmac.end@0x24: 1 trailing bytes"},
                                  {"a signature", boot_file("sb/quote.rsa.sha256.sig"),
                                   "tpm_hmac.scheme@0x2: scheme 0x0014 is not HMAC"},
                                  {"an unknown hash", patched(whole, 2, "0001"),
                                   "tpm_hmac.hash@0x4: unknown hash algorithm 0x0001"}});
}

TEST(TpmSignature, ReadsRecordedSignatures) {
  const auto rsa = parse_tpm_signature(boot_file("sb/quote.rsa.sha1.sig"));
  ASSERT_TRUE(rsa) << to_string(rsa.error());
  const auto& rsassa = std::get<RsassaSignature>(*rsa);
  EXPECT_EQ(rsassa.hash, HashAlgorithm::sha256);
  EXPECT_EQ(rsassa.signature.size(), 256U);
  EXPECT_EQ(hex(Bytes(rsassa.signature).first(4)), "7d296661");
  const auto ecc = parse_tpm_signature(boot_file("sb/quote.ecc.sha256.sig"));
  ASSERT_TRUE(ecc) << to_string(ecc.error());
  const auto& ecdsa = std::get<EcdsaSignature>(*ecc);
  EXPECT_EQ(hex(ecdsa.r), "ba3540aaab976883e72a3f794441d3f875cbdb5c443a6127c061644e2ebef3e5");
  EXPECT_EQ(hex(ecdsa.s), "b968f16a8eac77621760b2ef5c2dc9e9dcf36950e9cf12fd5be2a0ee717b4131");
}

TEST(TpmSignature, RefusesTwins) {
  const Buffer rsa = boot_file("sb/quote.rsa.sha256.sig");
  const Buffer ecc = boot_file("sb/quote.ecc.sha256.sig");
  expect_refused_when_cut(parse_tpm_signature, rsa);
  expect_refused_when_cut(parse_tpm_signature, ecc);
  expect_refused(
      parse_tpm_signature,
      {{"a trailing byte", with_trailing_byte(ecc), "tpm_signature.end@0x48: 1 trailing bytes"},
       {"RSAPSS", patched(rsa, 0, "0016"),
        "tpm_signature.scheme@0x2: scheme 0x0016 is neither RSASSA nor ECDSA"},
       {"TPM_ALG_NULL", bytes("0010"),
        "tpm_signature.scheme@0x2: scheme 0x0010 is neither RSASSA nor ECDSA"},
       {"an unknown hash", patched(rsa, 2, "0010"),
        "tpm_signature.hash@0x4: unknown hash algorithm 0x0010"},
       {"a number larger than RSA-4096", patched(rsa, 4, "0201"),
        "tpm_signature.signature@0x6: 513 bytes declared, at most 512 allowed"},
       {"a coordinate larger than P-521", patched(ecc, 4, "0043"),
        "tpm_signature.r@0x6: 67 bytes declared, at most 66 allowed"},
       {"no number", bytes("0014000b0000"), "tpm_signature.signature@0x6: empty"},
       {"an empty s", bytes("0018000b0001010000"), "tpm_signature.s@0x9: empty"}});
}

TEST(TpmCorpus, ReadsTheStructuresOfARealAttestation) {
  const auto file = corpus_file("gce-attestations/gce-cos-85-nonce9009.pb");
  if (!file) GTEST_SKIP() << "no corpus: set ASSAY_CORPUS";
  const auto attestation = parse_attestation(*file, AttestationFormat::binarypb);
  ASSERT_TRUE(attestation) << to_string(attestation.error());
  const auto ak = parse_tpm_public(attestation->ak_pub);
  ASSERT_TRUE(ak) << to_string(ak.error());
  EXPECT_EQ(ak->attributes, TpmObjectAttributes::from_word(0x00050072));
  EXPECT_EQ(ak->key_bits, 2048);
  const HashAlgorithm banks[] = {HashAlgorithm::sha1, HashAlgorithm::sha256, HashAlgorithm::sha384};
  ASSERT_EQ(attestation->quotes.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto quote = parse_quote_attest(attestation->quotes[i].attest);
    ASSERT_TRUE(quote) << to_string(quote.error());
    EXPECT_EQ(hex(quote->extra_data), "9009");
    EXPECT_EQ(quote->clock.reset_count, 10U);
    EXPECT_EQ(quote->clock.restart_count, 0U);
    EXPECT_TRUE(quote->clock.safe);
    EXPECT_EQ(quote->firmware_version, 0x2016051100162800U);
    EXPECT_EQ(quote->selections.at(0).bank, banks[i]);
    EXPECT_EQ(quote->selections.at(0).mask, 0xFFFFFFU);
    const auto signature = parse_tpm_signature(attestation->quotes[i].signature);
    ASSERT_TRUE(signature) << to_string(signature.error());
    EXPECT_EQ(std::get<RsassaSignature>(*signature).hash, HashAlgorithm::sha256);
  }
}

}  // namespace
}  // namespace assay
