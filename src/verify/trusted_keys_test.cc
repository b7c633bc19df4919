// SPDX-License-Identifier: Apache-2.0
#include "verify/trusted_keys.h"

#include <gmock/gmock.h>

#include "base/byte_writer.h"
#include "crypto/hash.h"
#include "crypto/private_key.h"
#include "verify/recorded_attestation.h"

namespace assay {
namespace {

constexpr std::size_t kMany = 1000;

TrustedKey trusted(const std::string& file) {
  return parse_trusted_key(file, boot_file(file)).value();
}

void add(TrustedKeys& keys, TrustedKey key) {
  const auto added = keys.add("test", std::move(key));
  ASSERT_TRUE(added) << to_string(added.error());
}

/// A key of somebody else's, as PEM.
TrustedKey a_p256_key() {
  const std::string pem = PrivateKey::generate_p256().public_key().pem();
  return parse_trusted_key("pem", as_bytes(pem)).value();
}

/// The public area of an attestation key with another modulus: offset 22, 256 bytes (TPM 2.0 Part
/// 2, 12.2.4, for RSASSA and an authPolicy of none).
TrustedKey an_rsa_key(const Buffer& like, std::uint32_t number) {
  Buffer area = like;
  EXPECT_GE(area.size(), 256u);
  const Digest fill = hash(HashAlgorithm::sha256, ByteWriter().u32_be(number).take());
  std::copy(fill.bytes().begin(), fill.bytes().end(), area.end() - 200);
  return parse_trusted_key("area", area).value();
}

Attestation unnamed(const char* boot, const char* kind) {
  Attestation out = recorded_boot(boot, kind);
  out.ak_pub.clear();
  return out;
}

TEST(TrustedKeys, AreFoundByThePublicAreaThatIsSent) {
  TrustedKeys keys;
  for (const char* file : {"nosb/akrsa.pem", "sb/akecc.pem", "sb/akrsa.tpm2b"})
    add(keys, trusted(file));
  const auto rsa = keys.find_signer(recorded_boot("sb", "rsa"));
  EXPECT_EQ(rsa.key, &keys.keys()[2]);
  EXPECT_EQ(rsa.tried, 0u);
  EXPECT_EQ(keys.find_signer(recorded_boot("sb", "ecc")).key, &keys.keys()[1]);
  // Whose it is said to be counts: what it is signed by is asked later.
  const auto other = keys.find_signer(recorded_boot("uki", "rsa"));
  EXPECT_EQ(other.key, nullptr);
  EXPECT_EQ(other.tried, 0u);
  Attestation cut = recorded_boot("sb", "rsa");
  cut.ak_pub.pop_back();
  EXPECT_EQ(keys.find_signer(cut).key, nullptr);
  EXPECT_EQ(TrustedKeys().find_signer(recorded_boot("sb", "rsa")).key, nullptr);
}

TEST(TrustedKeys, AreFoundByTheQuoteTheySigned) {
  TrustedKeys keys;
  for (const char* file : {"nosb/akrsa.pem", "sb/akecc.pem", "sb/akrsa.tpm2b"})
    add(keys, trusted(file));
  for (const char* kind : {"rsa", "ecc"}) {
    Attestation evidence = unnamed("sb", kind);
    EXPECT_EQ(keys.find_signer(evidence).key, &keys.keys()[std::string(kind) == "ecc" ? 1 : 2]);
    evidence.quotes[0].attest[60] ^= 1;
    EXPECT_EQ(keys.find_signer(evidence).key, nullptr);
    evidence.quotes[0].signature.clear();
    EXPECT_EQ(keys.find_signer(evidence).tried, 0u);
    evidence.quotes.clear();
    EXPECT_EQ(keys.find_signer(evidence).key, nullptr);
  }
  EXPECT_EQ(keys.find_signer(unnamed("uki", "rsa")).key, nullptr);
}

/// A recorded VM's key is a primary one of its TPM, and every quote names it (qualifiedSigner).
TEST(TrustedKeys, AreFoundByTheirNameAmongAThousandWithoutASignatureVerified) {
  const auto recorded = recorded_attestation();
  if (!recorded) GTEST_SKIP() << "no corpus: set ASSAY_CORPUS";
  ASSERT_FALSE(recorded->ak_pub.empty());
  TrustedKeys keys;
  for (std::uint32_t i = 0; i < kMany; ++i) add(keys, an_rsa_key(recorded->ak_pub, i));
  Attestation evidence = *recorded;
  evidence.ak_pub.clear();
  // Nobody's: the search for who signed ends, long before the keys do.
  auto search = keys.find_signer(evidence);
  EXPECT_EQ(search.key, nullptr);
  EXPECT_EQ(search.tried, TrustedKeys::kMaxTried);
  add(keys, parse_trusted_key("ak", recorded->ak_pub).value());
  ASSERT_EQ(keys.keys().size(), kMany + 1);
  search = keys.find_signer(evidence);
  EXPECT_EQ(search.key, &keys.keys().back());
  EXPECT_EQ(search.tried, 0u);
  // A name that is changed finds nobody, with the same bound.
  evidence.quotes[0].attest[10] ^= 1;
  search = keys.find_signer(evidence);
  EXPECT_EQ(search.key, nullptr);
  EXPECT_EQ(search.tried, TrustedKeys::kMaxTried);
}

TEST(TrustedKeys, AreTriedUpToABoundWhereNothingNamesThem) {
  const Attestation evidence = unnamed("sb", "ecc");
  TrustedKeys last, beyond;
  for (std::size_t i = 0; i < TrustedKeys::kMaxTried; ++i) {
    const TrustedKey key = a_p256_key();
    if (i > 0) add(last, key);
    add(beyond, key);
  }
  for (TrustedKeys* keys : {&last, &beyond}) {
    add(*keys, trusted("sb/akrsa.pem"));  // of another kind: not tried
    add(*keys, trusted("sb/akecc.pem"));
    for (std::size_t i = keys->keys().size(); i < kMany; ++i) add(*keys, a_p256_key());
    EXPECT_EQ(keys->keys().size(), kMany);
    EXPECT_EQ(keys->find_signer(evidence).tried, TrustedKeys::kMaxTried);
  }
  EXPECT_NE(last.find_signer(evidence).key, nullptr);
  EXPECT_EQ(beyond.find_signer(evidence).key, nullptr);
}

TrustedKey emulated(TrustedKey key) {
  key.provenance = Provenance::emulated;
  return key;
}

TEST(TrustedKeys, ThatComeTwiceAreOneThatIsTrustedTheLess) {
  const TrustedKey pem = trusted("sb/akrsa.pem"), area = trusted("sb/akrsa.tpm2b");
  const TrustedKey orders[][2] = {{pem, emulated(area)},
                                  {area, emulated(pem)},
                                  {emulated(pem), area},
                                  {emulated(area), pem},
                                  {emulated(area), area}};
  for (const auto& order : orders) {
    TrustedKeys keys;
    for (const TrustedKey& key : order) add(keys, key);
    ASSERT_EQ(keys.keys().size(), 1u);
    EXPECT_EQ(keys.keys()[0].provenance, Provenance::emulated);
    EXPECT_EQ(keys.keys()[0].public_area, area.public_area);
    EXPECT_TRUE(keys.keys()[0].area.has_value());
  }
}

TEST(TrustedKeys, DoNotHaveTwoPublicAreas) {
  const TrustedKey area = trusted("sb/akrsa.tpm2b");
  Buffer other = area.public_area;
  other.at(7) ^= 0x40;  // userWithAuth
  TrustedKeys keys;
  add(keys, area);
  const auto again = keys.add("again.ak", parse_trusted_key("again.ak", other).value());
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().fault, Fault::malformed);
  EXPECT_EQ(again.error().where, "again.ak");
  EXPECT_EQ(keys.keys()[0].public_area, area.public_area);
}

}  // namespace
}  // namespace assay
