// SPDX-License-Identifier: Apache-2.0
#include "verify/verified_paths.h"

#include <gmock/gmock.h>

#include "crypto/certificate_builder.h"
#include "formats/gce_instance.h"
#include "verify/attestation_key.h"
#include "verify/recorded_attestation.h"

namespace assay {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Instant year(std::string_view digits) {
  return parse_rfc3339("year", std::string(digits) + "-01-01T00:00:00Z").value();
}

CertificateTemplate named(const char* name) {
  CertificateTemplate out;
  out.subject = {{"O", "test"}, {"CN", name}};
  out.not_before = year("2020");
  out.not_after = year("2030");
  return out;
}

CertificateTemplate ca(const char* name) {
  CertificateTemplate out = named(name);
  out.is_ca = true;
  return out;
}

/// A root, an intermediate of the evidence, and attestation keys below it.
class RememberedPaths : public testing::Test {
 protected:
  Attestation attestation(const CertificateTemplate& ak) const {
    Attestation out;
    out.ak_cert =
        to_buffer(issue_certificate(ak, ak_key_.public_key(), middle_, middle_key_).value().der());
    out.intermediates = {to_buffer(middle_.der())};
    return out;
  }

  static CertificateTemplate leaf(bool is_production = true) {
    CertificateTemplate out = named("AK");
    const GceInstanceExtension instance{
        .instance = {"z-1", "p", 1, "i", 2}, .security_version = 0, .is_production = is_production};
    out.extensions = {{kGceInstanceOid, encode_gce_instance_extension(instance)}};
    return out;
  }

  std::vector<std::string> judge(const Attestation& attestation, const Trust& trust, Instant now) {
    Verdict verdict;
    check_attestation_key(attestation, trust, now, &paths_, verdict);
    return failures(verdict);
  }

  bool remembers(const Attestation& attestation, const Trust& trust) {
    return paths_.find(trust, CertificatePath::digest_of(attestation)) != nullptr;
  }

  const PrivateKey root_key_ = PrivateKey::generate_p256();
  const PrivateKey middle_key_ = PrivateKey::generate_p256();
  const PrivateKey ak_key_ = PrivateKey::generate_p256();
  const Certificate root_ =
      issue_certificate(ca("root"), root_key_.public_key(), std::nullopt, root_key_).value();
  const Certificate middle_ =
      issue_certificate(ca("middle"), middle_key_.public_key(), root_, root_key_).value();
  const Trust trust_ = parse_trust("test", root_.pem()).value();
  VerifiedPaths paths_{2};
};

TEST_F(RememberedPaths, GiveTheVerdictThatReadingThemGives) {
  const Attestation evidence = attestation(leaf());
  const auto shown = [&](VerifiedPaths* paths) {
    Verdict verdict;
    const auto path = check_attestation_key(evidence, trust_, in_2023(), paths, verdict);
    EXPECT_EQ(path->key, ak_key_.public_key());
    return json::serialize(to_json(verdict.checks()));
  };
  const std::string read = shown(nullptr);
  EXPECT_EQ(shown(&paths_), read);
  ASSERT_TRUE(remembers(evidence, trust_));
  EXPECT_EQ(shown(&paths_), read);
}

TEST_F(RememberedPaths, AreTakenFromMemory) {
  const Attestation evidence = attestation(leaf());
  Verdict verdict;
  const auto first = check_attestation_key(evidence, trust_, in_2023(), &paths_, verdict);
  const auto second = check_attestation_key(evidence, trust_, in_2023(), &paths_, verdict);
  EXPECT_EQ(first, second) << "one object";
  EXPECT_NE(first, check_attestation_key(evidence, trust_, in_2023(), nullptr, verdict));
}

TEST_F(RememberedPaths, ExpireAllTheSame) {
  const Attestation evidence = attestation(leaf());
  EXPECT_THAT(judge(evidence, trust_, in_2023()), IsEmpty());
  ASSERT_TRUE(remembers(evidence, trust_));
  EXPECT_THAT(judge(evidence, trust_, year("2031")), ElementsAre("ak.certificate.validity"));
  EXPECT_THAT(judge(evidence, trust_, year("2019")), ElementsAre("ak.certificate.validity"));
  EXPECT_THAT(judge(evidence, trust_, in_2023()), IsEmpty());
}

TEST_F(RememberedPaths, MustStillBeOfProduction) {
  const Attestation evidence = attestation(leaf(false));
  EXPECT_THAT(judge(evidence, trust_, in_2023()), ElementsAre("ak.instance.production"));
  ASSERT_TRUE(remembers(evidence, trust_));
  EXPECT_THAT(judge(evidence, trust_, in_2023()), ElementsAre("ak.instance.production"));
}

TEST_F(RememberedPaths, AreOfTheAnchorsTheyWereReadWith) {
  const Attestation evidence = attestation(leaf());
  EXPECT_THAT(judge(evidence, trust_, in_2023()), IsEmpty());

  const PrivateKey other_key = PrivateKey::generate_p256();
  const Certificate namesake =
      issue_certificate(ca("root"), other_key.public_key(), std::nullopt, other_key).value();
  const Trust another = parse_trust("test", namesake.pem()).value();
  for (const Trust& stranger : {Trust{}, another}) {
    EXPECT_FALSE(remembers(evidence, stranger));
    EXPECT_THAT(judge(evidence, stranger, in_2023()), ElementsAre("ak.certificate.chain"));
  }

  Trust shorter = trust_;
  shorter.anchors[0].not_after = year("2022");
  EXPECT_FALSE(remembers(evidence, shorter));
  EXPECT_THAT(judge(evidence, shorter, in_2023()), ElementsAre("ak.certificate.validity"));
  EXPECT_FALSE(remembers(evidence, trust_)) << "one set of anchors at a time";
}

TEST_F(RememberedPaths, AreOfTheCertificatesTheyWereReadFrom) {
  Attestation evidence = attestation(leaf());
  EXPECT_THAT(judge(evidence, trust_, in_2023()), IsEmpty());
  evidence.intermediates[0].back() ^= 1;  // the root's signature
  EXPECT_FALSE(remembers(evidence, trust_));
  EXPECT_THAT(judge(evidence, trust_, in_2023()), ElementsAre("ak.certificate.chain"));
  evidence.intermediates.clear();
  EXPECT_THAT(judge(evidence, trust_, in_2023()), ElementsAre("ak.certificate.chain"));
}

TEST_F(RememberedPaths, TellApartWhereOneCertificateEndsAndTheNextBegins) {
  Attestation one, two;
  one.ak_cert = {1, 2};
  one.intermediates = {{3}};
  two.ak_cert = {1};
  two.intermediates = {{2, 3}};
  EXPECT_NE(CertificatePath::digest_of(one), CertificatePath::digest_of(two));
}

TEST_F(RememberedPaths, WereAccepted) {
  Attestation evidence = attestation(ca("AK"));  // a CA is no attestation key
  EXPECT_THAT(judge(evidence, trust_, in_2023()), testing::Contains("ak.certificate.usage"));
  EXPECT_FALSE(remembers(evidence, trust_));
  evidence = attestation(leaf());
  evidence.ak_cert.back() ^= 1;
  EXPECT_THAT(judge(evidence, trust_, in_2023()), ElementsAre("ak.certificate.chain"));
  EXPECT_FALSE(remembers(evidence, trust_));
}

TEST_F(RememberedPaths, DoNotGoWhenARefusedOneComes) {
  const Attestation evidence = attestation(leaf());
  EXPECT_THAT(judge(evidence, trust_, in_2023()), IsEmpty());
  judge(evidence, Trust{}, in_2023());
  EXPECT_TRUE(remembers(evidence, trust_));
}

TEST_F(RememberedPaths, AreBoundedAndTheLongestUnusedGoes) {
  const Attestation a = attestation(leaf()), b = attestation(leaf()), c = attestation(leaf());
  EXPECT_THAT(judge(a, trust_, in_2023()), IsEmpty());
  EXPECT_THAT(judge(b, trust_, in_2023()), IsEmpty());
  EXPECT_THAT(judge(a, trust_, in_2023()), IsEmpty());
  EXPECT_THAT(judge(c, trust_, in_2023()), IsEmpty());
  EXPECT_TRUE(remembers(a, trust_));
  EXPECT_FALSE(remembers(b, trust_)) << "a was used after it";
  EXPECT_TRUE(remembers(c, trust_));
}

}  // namespace
}  // namespace assay
