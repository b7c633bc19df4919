// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/hex.h"
#include "crypto/private_key.h"
#include "crypto/public_key.h"

namespace assay {
namespace {

using testing::HasSubstr;

/// What went wrong, or nothing.
template <class T>
std::string error_of(const Result<T>& result) {
  return result ? "" : to_string(result.error());
}

struct EcdsaVector {
  std::string_view name;
  KeyType curve;
  HashAlgorithm algorithm;
  std::string_view x, y, r, s;  // over the message "sample"
};

// RFC 6979 appendices A.2.5 and A.2.6.
const EcdsaVector kEcdsaVectors[] = {
    {"P-256, SHA-256", KeyType::ec_p256, HashAlgorithm::sha256,
     "60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6",
     "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299",
     "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716",
     "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"},
    {"P-384, SHA-384", KeyType::ec_p384, HashAlgorithm::sha384,
     "EC3A4E415B4E19A4568618029F427FA5DA9A8BC4AE92E02E06AAE5286B300C64DEF8F0EA9055866064A254515480B"
     "C"
     "13",
     "8015D9B72D7D57244EA8EF9AC0C621896708A59367F9DFB9F54CA84B3F1C9DB1288B231C3AE0D4FE7344FD2533264"
     "7"
     "20",
     "94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C81A648152E44ACF96E36DD1E80FAB"
     "E"
     "46",
     "99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94FA329C145786E679E7B82C71A38628"
     "A"
     "C8"},
};

Buffer unhex(std::string_view text) { return parse_hex("test", text).value(); }

TEST(Ecdsa, AcceptsThePublishedSignaturesAndNoChangedOne) {
  for (const EcdsaVector& v : kEcdsaVectors) {
    SCOPED_TRACE(v.name);
    const auto key = PublicKey::from_ec(v.curve, unhex(v.x), unhex(v.y));
    ASSERT_TRUE(key) << error_of(key);
    EXPECT_EQ(key->describe(), v.name.substr(0, 5));
    const Bytes message = as_bytes("sample");
    const Buffer r = unhex(v.r);
    const Buffer s = unhex(v.s);
    EXPECT_TRUE(key->verify_ecdsa(v.algorithm, message, r, s));
    EXPECT_FALSE(key->verify_ecdsa(v.algorithm, as_bytes("Sample"), r, s));
    EXPECT_FALSE(key->verify_ecdsa(HashAlgorithm::sha512, message, r, s));
    EXPECT_FALSE(key->verify_ecdsa(HashAlgorithm::sm3_256, message, r, s));
    EXPECT_FALSE(key->verify_ecdsa(v.algorithm, message, s, r));
    EXPECT_FALSE(key->verify_rsassa(v.algorithm, message, r));
    for (std::size_t i = 0; i < r.size(); ++i) {
      Buffer changed = r;
      changed[i] ^= 1;
      EXPECT_FALSE(key->verify_ecdsa(v.algorithm, message, changed, s)) << "r byte " << i;
      changed = s;
      changed[i] ^= 1;
      EXPECT_FALSE(key->verify_ecdsa(v.algorithm, message, r, changed)) << "s byte " << i;
    }
  }
}

TEST(Ecdsa, RefusesNumbersOutOfRange) {
  const EcdsaVector& v = kEcdsaVectors[0];
  const auto key = PublicKey::from_ec(v.curve, unhex(v.x), unhex(v.y)).value();
  const Buffer r = unhex(v.r);
  const Buffer s = unhex(v.s);
  // n of P-256, SEC 2 section 2.4.2.
  const Buffer n = unhex("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551");
  const Buffer zero(32);
  const Buffer ones(32, 0xFF);
  const Buffer long_zero(4096);
  const Buffer none;
  for (const Buffer& bad : {zero, n, ones, long_zero, none}) {
    SCOPED_TRACE(hex(bad).substr(0, 64));
    EXPECT_FALSE(key.verify_ecdsa(v.algorithm, as_bytes("sample"), bad, s));
    EXPECT_FALSE(key.verify_ecdsa(v.algorithm, as_bytes("sample"), r, bad));
    EXPECT_FALSE(key.verify_ecdsa(v.algorithm, as_bytes("sample"), bad, bad));
  }
  // Longer than the field, although only by a zero.
  Buffer padded = r;
  padded.insert(padded.begin(), 0);
  EXPECT_FALSE(key.verify_ecdsa(v.algorithm, as_bytes("sample"), padded, s));
}

TEST(PublicKey, RefusesPointsThatAreNotOnTheCurve) {
  const EcdsaVector& v = kEcdsaVectors[0];
  Buffer y = unhex(v.y);
  y.back() ^= 1;
  EXPECT_THAT(error_of(PublicKey::from_ec(v.curve, unhex(v.x), y)),
              HasSubstr("public_key: no point on the curve"));
  EXPECT_THAT(error_of(PublicKey::from_ec(KeyType::ec_p384, unhex(v.x), unhex(v.y))),
              HasSubstr("no point on the curve"));
  EXPECT_THAT(error_of(PublicKey::from_ec(v.curve, Buffer(32), Buffer(32))),
              HasSubstr("no point on the curve"));
  EXPECT_EQ(error_of(PublicKey::from_ec(v.curve, Buffer(33), Buffer(32))),
            "public_key: coordinates of 33 and 32 bytes, the field has 32");
}

struct RsaCase {
  std::string_view name;
  std::size_t modulus_size;
  std::uint8_t first_byte;
  std::uint32_t exponent;
  std::string_view error;
};

const RsaCase kRsaCases[] = {
    {"the usual", 256, 0x80, 65537, ""},
    {"the largest", 1024, 0xFF, 65537, ""},
    {"a leading zero", 257, 0x00, 65537,
     "public_key: RSA modulus of 2041 bits, wanted 2048 to 8192"},
    {"one bit short", 256, 0x7F, 65537,
     "public_key: RSA modulus of 2047 bits, wanted 2048 to 8192"},
    {"1024 bits", 128, 0x80, 65537, "public_key: RSA modulus of 1024 bits, wanted 2048 to 8192"},
    {"one bit long", 1025, 0x01, 65537,
     "public_key: RSA modulus of 8193 bits, wanted 2048 to 8192"},
    {"far too long", 4096, 0x80, 65537, "public_key: RSA modulus of 4096 bytes"},
    {"empty", 0, 0, 65537, "public_key: RSA modulus of 0 bits, wanted 2048 to 8192"},
    {"exponent 3", 256, 0x80, 3,
     "public_key: RSA exponent must be odd, at least 65537 and below 2^32"},
    {"exponent 65535", 256, 0x80, 65535,
     "public_key: RSA exponent must be odd, at least 65537 and below 2^32"},
    {"exponent 65536", 256, 0x80, 65536,
     "public_key: RSA exponent must be odd, at least 65537 and below 2^32"},
    {"exponent 65538", 256, 0x80, 65538,
     "public_key: RSA exponent must be odd, at least 65537 and below 2^32"},
    {"exponent 0", 256, 0x80, 0,
     "public_key: RSA exponent must be odd, at least 65537 and below 2^32"},
    {"the largest exponent", 256, 0x80, 0xFFFFFFFF, ""},
};

TEST(PublicKey, GivesTheNumbersOfAnRsaKeyAlone) {
  const PublicKey key = PrivateKey::generate_rsa().public_key();
  const auto numbers = key.rsa_numbers();
  ASSERT_TRUE(numbers.has_value());
  EXPECT_EQ(numbers->modulus.size(), 256U);
  EXPECT_EQ(PublicKey::from_rsa(numbers->modulus, numbers->exponent).value(), key);
  EXPECT_FALSE(PrivateKey::generate_p256().public_key().rsa_numbers().has_value());
}

TEST(PublicKey, TakesRsaKeysOfTheRightSizesOnly) {
  for (const RsaCase& c : kRsaCases) {
    SCOPED_TRACE(c.name);
    Buffer modulus(c.modulus_size, 0x01);
    if (!modulus.empty()) modulus.front() = c.first_byte;
    EXPECT_EQ(error_of(PublicKey::from_rsa(modulus, c.exponent)), c.error);
  }
}

struct KeyCase {
  std::string_view name;
  PrivateKey (*make)();
  KeyType type;
  int bits;
};
const KeyCase kKeyCases[] = {
    {"RSA-2048", [] { return PrivateKey::generate_rsa(); }, KeyType::rsa, 2048},
    {"RSA-3072", [] { return PrivateKey::generate_rsa(3072); }, KeyType::rsa, 3072},
    {"P-256", [] { return PrivateKey::generate_p256(); }, KeyType::ec_p256, 256},
};

TEST(PublicKey, SurvivesItsEncodings) {
  for (const KeyCase& c : kKeyCases) {
    SCOPED_TRACE(c.name);
    const PublicKey key = c.make().public_key();
    EXPECT_EQ(key.type(), c.type);
    EXPECT_EQ(key.bits(), c.bits);
    EXPECT_EQ(key.describe(), c.name);
    const auto from_der = PublicKey::from_spki(key.spki());
    ASSERT_TRUE(from_der) << error_of(from_der);
    EXPECT_EQ(*from_der, key);
    EXPECT_EQ(from_der->fingerprint(), key.fingerprint());
    const auto from_pem = PublicKey::from_pem(key.pem());
    ASSERT_TRUE(from_pem) << error_of(from_pem);
    EXPECT_EQ(*from_pem, key);
    EXPECT_FALSE(key == c.make().public_key());
  }
}

TEST(PublicKey, RefusesEncodingsThatAreNotExact) {
  const PublicKey key = PrivateKey::generate_p256().public_key();
  const Buffer spki = key.spki();
  Buffer longer = spki;
  longer.push_back(0);
  EXPECT_EQ(error_of(PublicKey::from_spki(longer)), "public_key: no SubjectPublicKeyInfo in DER");
  for (std::size_t size = 0; size < spki.size(); ++size) {
    EXPECT_FALSE(PublicKey::from_spki(Bytes(spki).first(size))) << size;
  }
  EXPECT_EQ(error_of(PublicKey::from_pem("")), "public_key: wanted one PEM block \"PUBLIC KEY\"");
  EXPECT_EQ(error_of(PublicKey::from_pem(key.pem() + key.pem())),
            "public_key: wanted one PEM block \"PUBLIC KEY\"");
  EXPECT_THAT(error_of(PublicKey::from_pem(key.pem().substr(0, 100))),
              HasSubstr("public_key: PEM block 1: "));
}

// Made by `openssl genpkey` and `openssl ec -conv_form compressed`, OpenSSL 3.0.
constexpr std::string_view kEd25519Spki =
    "MCowBQYDK2VwAyEArfaymI1E5SBZCKmpGCmbYp6mEIc+D52bclWoBYOGILQ=";
constexpr std::string_view kP521Spki =
    "MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQA2fIS3/tw0D5iziFfd1RR6WS4y0nAUoeyK3ODOcX1HS1KoQn2gf3cSv"
    "URCLWi0y9ILgkMEnmeH72/9AGJ9QxYxoMBQ0Vpmd2on1JzgINKluxyCdfcZ9oEg5uAWtiFXbg1B3TJkrt0WY0m81zQ"
    "taPJpk7IP+isYWFh2tpL2scxhO5xu9c=";
constexpr std::string_view kSecp256k1Spki =
    "MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAESSRKZWAoHcK9vSCKlfz2TqcIvNgsRi3SJAFQwjvhmApUNA6/AHE/QIqDOv"
    "o/tmBThfT/l9BjdKAjL7pEqp+VdA==";
constexpr std::string_view kCompressedSpki =
    "MDkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDIgACgJhf+MDf/ycvbh+zMHVcP/sJyi+6YunjyiPmmAbe9wA=";
constexpr std::string_view kExplicitSpki =
    "MIIBSzCCAQMGByqGSM49AgEwgfcCAQEwLAYHKoZIzj0BAQIhAP////8AAAABAAAAAAAAAAAAAAAA//////////////"
    "//MFsEIP////8AAAABAAAAAAAAAAAAAAAA///////////////8BCBaxjXYqjqT57PrvVV2mIa8ZR0GsMxTsPY7zjw+"
    "J9JgSwMVAMSdNgiG5wSTamZ44ROdJreBn36QBEEEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/h"
    "p/m47n60p8D54WK84zV2sxXs7LtkBoN79R9QIhAP////8AAAAA//////////+85vqtpxeehPO5ysL8YyVRAgEBA0IA"
    "BAMBj/xLC1aWQZQaMC3RGu5jvqyUkQw1/r93yI5rT4on4OqwFytDGt0qX8VguV/ia80stMAWQY+cVxeAO3liqjk=";
constexpr std::string_view kRsaPssSpki =
    "MIIBIDALBgkqhkiG9w0BAQoDggEPADCCAQoCggEBAJrOwyG/Rv/rRQXBDkdxCabcxUVqrSL7PPfMoNnVqRoKSsfKFj"
    "ZkJ4pKLMW9TEFD5YnIqqrDgbJPmcCSt1aFrEodohZNVVjm1GrVXq9Xzx/N2teyDNUwh5NwZc+NtKdrP/mEvQR2KzZU"
    "r12/4BeBf3TYN/QJ21LBOtJErsSNEX6lcQxrTGzteqMB92ZPMftIRlbTk+Z+bcFupVwjW6jhD63BCc/DgbeB9ckWHv"
    "X2k2GdnJRacRLMWJMdSp2xgZ+vOVZAGcK6pV/A7yeXmwLehEj033jcTJfnZL3lGDGFFsaZhLFZywp36M5Vj/gowrnj"
    "CqVE/syz64Bm8IK2Yo0GR50CAwEAAQ==";
constexpr std::string_view kRsa1024Spki =
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkhovFdjnjggiv+4wTGLxXRVD4/FiQC2IWmEuO6y9Swjw2zScwTb"
    "uDK6ub+711S4qlo8VjKBSeamtcOpbW2azO9X4cVzIA1vg/KSoTXw6sCOlMTisvN0YwvJR/5h+7WUGahDBn5+1/mx7I"
    "j2i+dv9kInXSOvaAmORIvYpYkkeaTQIDAQAB";
constexpr std::string_view kRsaExponent3Spki =
    "MIIBIDANBgkqhkiG9w0BAQEFAAOCAQ0AMIIBCAKCAQEAusCxjlm/RKW6Ao2IXJVfe7kdm64wIAqBOHnJq0V/KbxVqb"
    "kEZrvC2Y2faXUK6ydeSr/kLpefAojgLld5fzbROi/9MbG69rURghi+0HcXJxhZ340Dz8SxhAip2LL3P0AbF+LfHmvi"
    "E8zhaJIrhFGvb5OqMdpiEPqVJQn8SEUlYHdpf0pqgaE1As5JsmUNQ3/wmH5ICCYvonNEa2ZTd/1dsncyLB9nQOU+Ix"
    "vXFJUUPIyTWxkcpu0WoWTC74sDSEnr5RRGwMNjjlsRriNNSU/jM4w8HClSE0r9Wk4dIZdahHA+VsEp7xR47N3tSLCU"
    "HiteF5v+D2ViV6SLYwDcU0ZE6wIBAw==";

TEST(PublicKey, RefusesKindsItDoesNotUse) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {kEd25519Spki, "public_key: ED25519 key, wanted RSA, P-256 or P-384"},
      {kP521Spki, "public_key: EC key on secp521r1, wanted P-256 or P-384"},
      {kSecp256k1Spki, "public_key: EC key on secp256k1, wanted P-256 or P-384"},
      {kCompressedSpki, "public_key: the point is not in the uncompressed form, the only one used"},
      {kExplicitSpki, "public_key: the curve is not named; only named curves are used"},
      {kRsaPssSpki, "public_key: RSASSA-PSS key, wanted RSA, P-256 or P-384"},
      {kRsa1024Spki, "public_key: RSA modulus of 1024 bits, wanted 2048 to 8192"},
      {kRsaExponent3Spki, "public_key: RSA exponent must be odd, at least 65537 and below 2^32"},
  };
  for (const auto& [spki, error] : cases) {
    EXPECT_EQ(error_of(PublicKey::from_spki(parse_base64("test", spki).value())), error);
  }
}

TEST(PrivateKey, SurvivesItsPemAndSigns) {
  for (const KeyCase& c : kKeyCases) {
    SCOPED_TRACE(c.name);
    const PrivateKey key = c.make();
    const auto again = PrivateKey::from_pem(as_text(key.pem().reveal()));
    ASSERT_TRUE(again) << error_of(again);
    EXPECT_EQ(again->public_key(), key.public_key());
  }
}

TEST(PrivateKey, SignaturesVerifyUntilAnythingChanges) {
  const PrivateKey rsa = PrivateKey::generate_rsa();
  const Bytes message = as_bytes("a message");
  for (const auto algorithm :
       {HashAlgorithm::sha1, HashAlgorithm::sha256, HashAlgorithm::sha384, HashAlgorithm::sha512}) {
    SCOPED_TRACE(name_of(algorithm));
    const Buffer signature = rsa.sign_rsassa(algorithm, message);
    EXPECT_TRUE(rsa.public_key().verify_rsassa(algorithm, message, signature));
    EXPECT_FALSE(rsa.public_key().verify_rsassa(algorithm, as_bytes("b message"), signature));
    for (std::size_t i = 0; i < signature.size(); i += 17) {
      Buffer changed = signature;
      changed[i] ^= 0x10;
      EXPECT_FALSE(rsa.public_key().verify_rsassa(algorithm, message, changed)) << "byte " << i;
    }
    Buffer longer = signature;
    longer.push_back(0);
    EXPECT_FALSE(rsa.public_key().verify_rsassa(algorithm, message, longer));
    longer.insert(longer.begin(), 0);
    EXPECT_FALSE(rsa.public_key().verify_rsassa(algorithm, message, longer));
    EXPECT_FALSE(rsa.public_key().verify_rsassa(algorithm, message, Bytes(signature).first(255)));
    EXPECT_FALSE(rsa.public_key().verify_rsassa(algorithm, message, {}));
    EXPECT_FALSE(rsa.public_key().verify_ecdsa(algorithm, message, signature, signature));
  }
  const Buffer of_sha256 = rsa.sign_rsassa(HashAlgorithm::sha256, message);
  EXPECT_FALSE(rsa.public_key().verify_rsassa(HashAlgorithm::sha384, message, of_sha256));
  EXPECT_FALSE(rsa.public_key().verify_rsassa(HashAlgorithm::sm3_256, message, of_sha256));

  const PrivateKey ec = PrivateKey::generate_p256();
  const Buffer signature = ec.sign_ecdsa(HashAlgorithm::sha256, message);
  ASSERT_EQ(signature.size(), 64U);
  const Bytes both(signature);
  EXPECT_TRUE(ec.public_key().verify_ecdsa(HashAlgorithm::sha256, message, both.first(32),
                                           both.subspan(32)));
  EXPECT_FALSE(PrivateKey::generate_p256().public_key().verify_ecdsa(
      HashAlgorithm::sha256, message, both.first(32), both.subspan(32)));
}

TEST(PublicKey, VerifiesUnderTheRightKeyHoweverTheyAlternate) {
  const Bytes message = as_bytes("a message");
  const PrivateKey keys[] = {PrivateKey::generate_rsa(), PrivateKey::generate_rsa()};
  const auto algorithms = {HashAlgorithm::sha256, HashAlgorithm::sha384};
  for (int round = 0; round < 2; ++round) {
    for (const auto signed_with : algorithms) {
      for (const PrivateKey& signer : keys) {
        const Buffer signature = signer.sign_rsassa(signed_with, message);
        for (const auto algorithm : algorithms) {
          for (const PrivateKey& key : keys) {
            EXPECT_EQ(key.public_key().verify_rsassa(algorithm, message, signature),
                      &key == &signer && algorithm == signed_with);
          }
        }
      }
    }
  }
  // Keys that come and go: none is taken for one before it.
  const Buffer signature = keys[0].sign_rsassa(HashAlgorithm::sha256, message);
  const Buffer spkis[] = {keys[0].public_key().spki(), keys[1].public_key().spki()};
  for (int i = 0; i < 32; ++i) {
    const PublicKey key = PublicKey::from_spki(spkis[i % 2]).value();
    EXPECT_EQ(key.verify_rsassa(HashAlgorithm::sha256, message, signature), i % 2 == 0);
  }
}

TEST(PrivateKey, ReadsUnencryptedPkcs8Only) {
  const PrivateKey key = PrivateKey::generate_p256();
  const std::string pem = to_text(key.pem().reveal());
  EXPECT_EQ(error_of(PrivateKey::from_pem("")),
            "private_key: 0 PEM blocks, wanted one \"PRIVATE KEY\"");
  EXPECT_EQ(error_of(PrivateKey::from_pem(pem + pem)),
            "private_key: 2 PEM blocks, wanted one \"PRIVATE KEY\"");
  EXPECT_EQ(
      error_of(PrivateKey::from_pem(key.public_key().pem())),
      "private_key: PEM block \"PUBLIC KEY\", wanted \"PRIVATE KEY\" (PKCS #8, not encrypted)");
  EXPECT_FALSE(PrivateKey::from_pem(pem.substr(0, pem.size() / 2)));
  EXPECT_EQ(
      error_of(PrivateKey::from_pem("-----BEGIN EC PRIVATE KEY-----\n"
                                    "Proc-Type: 4,ENCRYPTED\n"
                                    "DEK-Info: AES-128-CBC,00000000000000000000000000000000\n\n"
                                    "AAAA\n"
                                    "-----END EC PRIVATE KEY-----\n")),
      "private_key: PEM block 1 (EC PRIVATE KEY) has headers; encrypted PEM is not read");
}

}  // namespace
}  // namespace assay
