// SPDX-License-Identifier: Apache-2.0
#include "verify/trusted_key.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <functional>

#include "formats/enrolment.h"
#include "verify/recorded_attestation.h"

namespace assay {
namespace {

using testing::Contains;
using testing::IsEmpty;

TrustedKey trusted(const std::string& file) {
  return parse_trusted_key(file, boot_file(file)).value();
}

VtpmOutcome judge(const Attestation& attestation, const std::vector<TrustedKey>& keys) {
  static const Trust kNobody;
  return authenticate_vtpm(attestation,
                           {.trust = kNobody, .nonce = kBootNonce, .now = in_2023(), .keys = keys});
}

TEST(TrustedKey, VouchesForEachRecordedBootInEachSpelling) {
  for (const char* boot : {"nosb", "sb", "sbfull", "uki", "ukisb"}) {
    for (const char* key : {"rsa", "ecc"}) {
      for (const char* spelling : {"pem", "tpm2b"}) {
        SCOPED_TRACE(fmt::format("{} {} {}", boot, key, spelling));
        const TrustedKey anchor = trusted(fmt::format("{}/ak{}.{}", boot, key, spelling));
        const VtpmOutcome outcome = judge(recorded_boot(boot, key), {anchor});
        EXPECT_THAT(refusals(outcome.verdict), IsEmpty());
        ASSERT_TRUE(outcome.claims.has_value());
        const VtpmClaims& claims = **outcome.claims;
        EXPECT_EQ(claims.ak_issuer, "");
        EXPECT_EQ(claims.provenance, Provenance::operator_added);
        EXPECT_FALSE(claims.instance.has_value());
        EXPECT_EQ(claims.ak_fingerprint, anchor.key.fingerprint());
        EXPECT_EQ(claims.nonce_bytes, 16u);
        EXPECT_TRUE(to_json(claims).at("tpm").at("ak_issuer").is_null());
      }
    }
  }
}

TEST(TrustedKey, IsFoundAmongSeveral) {
  const std::vector<TrustedKey> keys{trusted("nosb/akrsa.pem"), trusted("sb/akecc.pem"),
                                     trusted("sb/akrsa.tpm2b")};
  EXPECT_THAT(refusals(judge(recorded_boot("sb", "rsa"), keys).verdict), IsEmpty());
  EXPECT_THAT(failures(judge(recorded_boot("uki", "rsa"), keys).verdict),
              Contains("ak.public.trusted"));
}

TEST(TrustedKey, IsMeantWhereTheEvidenceNamesNoneAndThereIsOne) {
  Attestation evidence = recorded_boot("sb", "ecc");
  evidence.ak_pub.clear();
  EXPECT_THAT(refusals(judge(evidence, {trusted("sb/akecc.pem")}).verdict), IsEmpty());
  EXPECT_THAT(failures(judge(evidence, {trusted("nosb/akecc.pem")}).verdict),
              Contains("tpm.quote.signature/sha256"));
  EXPECT_THAT(
      failures(judge(evidence, {trusted("sb/akecc.pem"), trusted("nosb/akecc.pem")}).verdict),
      Contains("ak.public.trusted"));
}

/// An enrolled key's file, as `assay tpm enroll accept` writes it.
Buffer record_of(const Buffer& ak_public, bool emulated) {
  const std::string text = encode(EnrolmentRecord{{.ak_public = ak_public,
                                                   .ek_fingerprint = std::string(64, 'a'),
                                                   .ek_voucher = "CN=maker",
                                                   .emulated = emulated},
                                                  in_2023()});
  return to_buffer(as_bytes(text));
}

TEST(TrustedKey, OfAnEmulatedMachineSaysSo) {
  const Attestation evidence = recorded_boot("sb", "rsa");
  for (const bool emulated : {false, true}) {
    const auto key = parse_trusted_key("FILE", record_of(evidence.ak_pub, emulated));
    ASSERT_TRUE(key) << to_string(key.error());
    EXPECT_EQ(key->public_area, evidence.ak_pub);
    const auto provenance = emulated ? Provenance::emulated : Provenance::operator_added;
    EXPECT_EQ(key->provenance, provenance);
    const VtpmOutcome outcome = judge(evidence, {*key});
    EXPECT_THAT(refusals(outcome.verdict), IsEmpty());
    ASSERT_TRUE(outcome.claims.has_value());
    EXPECT_EQ((**outcome.claims).provenance, provenance);
    EXPECT_EQ(to_json(**outcome.claims).at("emulated").as_bool(), emulated);
  }
  // The file of a key that is none, and one that is cut.
  Buffer cut = record_of(evidence.ak_pub, true);
  cut.resize(cut.size() - 3);
  for (const Buffer& file : {record_of({1, 2, 3}, true), cut}) {
    const auto key = parse_trusted_key("FILE", file);
    ASSERT_FALSE(key);
    EXPECT_EQ(key.error().where, "FILE");
    EXPECT_EQ(key.error().fault, Fault::malformed);
  }
}

TEST(TrustedKey, LeavesNothingToTheCertificate) {
  const auto recorded = recorded_attestation();
  if (!recorded) GTEST_SKIP() << "no corpus: set ASSAY_CORPUS";
  const VtpmOutcome outcome =
      authenticate_vtpm(*recorded, {.trust = google_trust(),
                                    .nonce = kRecordedNonce,
                                    .now = in_2023(),
                                    .keys = std::vector<TrustedKey>{trusted("sb/akrsa.pem")}});
  EXPECT_THAT(failures(outcome.verdict), Contains("ak.public.trusted"));
  EXPECT_FALSE(outcome.claims.has_value());
}

TEST(TrustedKey, OfThePublicAreaIsHeldAgainstTheSentOne) {
  Attestation evidence = recorded_boot("sb", "rsa");
  evidence.ak_pub.at(7) ^= 0x40;  // userWithAuth
  EXPECT_THAT(failures(judge(evidence, {trusted("sb/akrsa.tpm2b")}).verdict),
              testing::ElementsAre("ak.public.matches"));
  EXPECT_THAT(failures(judge(evidence, {trusted("sb/akrsa.pem")}).verdict), IsEmpty());
}

/// A public area that no attestation key has; offsets in TPMT_PUBLIC, TPM 2.0 Part 2, 12.2.4: the
/// attributes are bytes 4 to 7, the scheme 12 and 13, its hash 14 and 15.
struct BadArea {
  const char* what;
  std::size_t at;
  std::uint8_t flip;
  std::vector<std::string> failed;
};

const BadArea kBadAreas[] = {
    {"not restricted", 5, 0x01, {"ak.public.restricted"}},
    {"signs nothing", 5, 0x04, {"ak.public.purpose"}},
    // A restricted key that decrypts has another form, so this one is not restricted either.
    {"decrypts too", 5, 0x03, {"ak.public.restricted", "ak.public.purpose"}},
    {"not fixed to the TPM", 7, 0x02, {"ak.public.fixed_tpm"}},
    {"not fixed to its parent", 7, 0x10, {"ak.public.fixed_parent"}},
    {"made outside", 7, 0x20, {"ak.public.origin"}},
    {"RSAPSS", 13, 0x02, {"ak.public.scheme"}},
    {"SHA-1", 15, 0x0F, {"ak.public.scheme"}},
};

TEST(TrustedKey, MustBeAnAttestationKeyWhereItsPublicAreaIsKnown) {
  for (const BadArea& bad : kBadAreas) {
    SCOPED_TRACE(bad.what);
    Attestation evidence = recorded_boot("sb", "rsa");
    evidence.ak_pub.at(bad.at) ^= bad.flip;
    // By the evidence's own area, and by the operator's.
    EXPECT_EQ(failures(judge(evidence, {trusted("sb/akrsa.pem")}).verdict), bad.failed);
    const TrustedKey key = parse_trusted_key("key", evidence.ak_pub).value();
    EXPECT_EQ(failures(judge(evidence, {key}).verdict), bad.failed);
    evidence.ak_pub.clear();
    EXPECT_EQ(failures(judge(evidence, {key}).verdict), bad.failed);
  }
}

TEST(TrustedKey, IsReadFromNothingElse) {
  const Buffer area = boot_file("sb/akrsa.tpm2b");
  const std::pair<const char*, Buffer> cases[] = {
      {"nothing", {}},
      {"a byte", {0x01}},
      {"a cut area", Buffer(area.begin(), area.end() - 1)},
      {"an area and more",
       [&] {
         Buffer b = area;
         b.push_back(0);
         return b;
       }()},
      {"a certificate", boot_file("issuercert.pem")},
      {"a text",
       to_buffer(as_bytes("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"))},
  };
  for (const auto& [what, bytes] : cases) {
    const auto key = parse_trusted_key("FILE", bytes);
    ASSERT_FALSE(key.has_value()) << what;
    EXPECT_EQ(key.error().where, "FILE") << what;
  }
}

}  // namespace
}  // namespace assay
