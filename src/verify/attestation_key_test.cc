// SPDX-License-Identifier: Apache-2.0
#include "verify/attestation_key.h"

#include <gmock/gmock.h>

#include "base/hex.h"
#include "crypto/certificate_builder.h"
#include "formats/gce_instance.h"
#include "verify/recorded_attestation.h"

namespace assay {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

/// Certificates that Google issued to its VMs, and what a verifier has to say about each.
struct GoogleCase {
  const char* file;
  std::vector<std::string> failures;
};

const GoogleCase kGoogle[] = {
    {"pca_tpm_ecc_sign_cert.pem", {}},
    {"pca_tpm_rsa_sign_cert.pem", {}},
    {"uca_tpm_ecc_sign_cert.pem", {}},
    // An endorsement key's: it chains as well as an attestation key's.
    {"uca_tpm_ecc_enc_cert.pem", {"ak.certificate.usage"}},
};

std::optional<Buffer> google_certificate(const std::string& file) {
  const auto pem = corpus_file("gce-ak-certs/" + file);
  if (!pem) return std::nullopt;
  return to_buffer(Certificate::from_pem(as_text(*pem)).value().at(0).der());
}

TEST(AttestationKey, IsAcceptedFromEveryGoogleCaAndNoOtherKeyIs) {
  for (const GoogleCase& c : kGoogle) {
    SCOPED_TRACE(c.file);
    Attestation attestation;
    const auto certificate = google_certificate(c.file);
    if (!certificate) GTEST_SKIP() << "no corpus: set ASSAY_CORPUS";
    attestation.ak_cert = *certificate;
    Verdict verdict;
    const auto key =
        check_attestation_key(attestation, google_trust(), in_2023(), nullptr, verdict);
    EXPECT_EQ(failures(verdict), c.failures);
    ASSERT_NE(key, nullptr);
    ASSERT_TRUE(key->extension.has_value());
    EXPECT_EQ(key->extension->instance.zone, "us-central1-a");
    EXPECT_EQ(key->extension->instance.project_id, "google.com:wuale-gcp-testing");
    EXPECT_EQ(key->extension->instance.project_number, 117478743145u);
  }
}

TEST(AttestationKey, IsNoEndorsementKeyThoughGoogleCertifiesBoth) {
  Attestation attestation;
  const auto certificate = google_certificate("uca_tpm_ecc_enc_cert.pem");
  if (!certificate) GTEST_SKIP() << "no corpus: set ASSAY_CORPUS";
  attestation.ak_cert = *certificate;
  Verdict verdict;
  check_attestation_key(attestation, google_trust(), in_2023(), nullptr, verdict);
  ASSERT_NE(verdict.first_failure(), nullptr);
  EXPECT_EQ(verdict.first_failure()->got,
            "an endorsement key's: for encryption, not for signatures");
}

TEST(AttestationKey, IsNoCaThoughEachOfGooglesChains) {
  for (const char* file :
       {"ca_gcp_ek_ak_ca_intermediate_v3.pem", "ca_gcp_ek_ak_ca_root.pem",
        "ca_tpm_ek_intermediate_2.pem", "ca_tpm_ek_intermediate_3.pem", "ca_tpm_ek_root_1.pem"}) {
    SCOPED_TRACE(file);
    Attestation attestation;
    const auto certificate = google_certificate(file);
    if (!certificate) GTEST_SKIP() << "no corpus: set ASSAY_CORPUS";
    attestation.ak_cert = *certificate;
    Verdict verdict;
    check_attestation_key(attestation, google_trust(), in_2023(), nullptr, verdict);
    EXPECT_THAT(failures(verdict), ElementsAre("ak.certificate.usage", "ak.instance.production"));
  }
}

/// Google's trust without the pinned intermediates.
Trust roots_only() {
  Trust out;
  for (const TrustAnchor& anchor : google_trust().anchors)
    if (anchor.role == AnchorRole::root) out.anchors.push_back(anchor);
  return out;
}

TEST(AttestationKey, ChainsThroughIntermediatesOfTheEvidence) {
  Attestation attestation;
  const auto certificate = google_certificate("pca_tpm_rsa_sign_cert.pem");
  const auto intermediate = google_certificate("ca_gcp_ek_ak_ca_intermediate_v3.pem");
  const auto foreign = google_certificate("ca_tpm_ek_intermediate_2.pem");
  if (!certificate || !intermediate || !foreign) GTEST_SKIP() << "no corpus: set ASSAY_CORPUS";
  attestation.ak_cert = *certificate;
  const auto judge = [&] {
    Verdict verdict;
    check_attestation_key(attestation, roots_only(), in_2023(), nullptr, verdict);
    return failures(verdict);
  };
  EXPECT_THAT(judge(), ElementsAre("ak.certificate.chain"));
  attestation.intermediates = {*foreign};
  EXPECT_THAT(judge(), Contains("ak.certificate.chain"));
  attestation.intermediates = {Buffer{1, 2, 3}, *foreign, *intermediate};
  EXPECT_THAT(judge(), IsEmpty());
}

/// A CA of the test's own, three keys deep.
class OwnCa : public testing::Test {
 protected:
  static Instant year(const char* digits) {
    return parse_rfc3339("year", std::string(digits) + "-01-01T00:00:00Z").value();
  }

  static CertificateTemplate ca(const char* name) {
    CertificateTemplate out;
    out.subject = {{"O", "test"}, {"CN", name}};
    out.not_before = year("2020");
    out.not_after = year("2030");
    out.is_ca = true;
    return out;
  }

  static CertificateTemplate leaf() {
    CertificateTemplate out = ca("AK");
    out.is_ca = false;
    GceInstanceExtension instance{
        .instance = {"z-1", "p", 1, "i", 2}, .security_version = 0, .is_production = true};
    out.extensions = {{kGceInstanceOid, encode_gce_instance_extension(instance)}};
    return out;
  }

  /// What a verifier says of `ak_template` under the two intermediates.
  std::vector<std::string> judge(const CertificateTemplate& upper, const CertificateTemplate& lower,
                                 const CertificateTemplate& ak_template) {
    const Certificate root =
        issue_certificate(ca("root"), root_key_.public_key(), std::nullopt, root_key_).value();
    const Certificate first =
        issue_certificate(upper, upper_key_.public_key(), root, root_key_).value();
    const Certificate second =
        issue_certificate(lower, lower_key_.public_key(), first, upper_key_).value();
    const Certificate ak =
        issue_certificate(ak_template, ak_key_.public_key(), second, lower_key_).value();
    Attestation attestation;
    attestation.ak_cert = to_buffer(ak.der());
    attestation.intermediates = {to_buffer(first.der()), to_buffer(second.der())};
    const Trust trust = parse_trust("test", root.pem()).value();
    Verdict verdict;
    check_attestation_key(attestation, trust, in_2023(), nullptr, verdict);
    return failures(verdict);
  }

 private:
  PrivateKey root_key_ = PrivateKey::generate_p256();
  PrivateKey upper_key_ = PrivateKey::generate_p256();
  PrivateKey lower_key_ = PrivateKey::generate_p256();
  PrivateKey ak_key_ = PrivateKey::generate_p256();
};

TEST_F(OwnCa, IsAcceptedWhenItsRootIsTrusted) {
  EXPECT_THAT(judge(ca("upper"), ca("lower"), leaf()), IsEmpty());
}

TEST_F(OwnCa, MayNotBeExtendedBehindAPathLength) {
  CertificateTemplate upper = ca("upper");
  upper.path_length = 0;
  EXPECT_THAT(judge(upper, ca("lower"), leaf()), ElementsAre("ak.certificate.issuers"));
  upper.path_length = 1;
  EXPECT_THAT(judge(upper, ca("lower"), leaf()), IsEmpty());
}

TEST_F(OwnCa, DoesNotIssueThroughACertificateThatIsNoCa) {
  CertificateTemplate lower = ca("lower");
  lower.is_ca = false;
  EXPECT_THAT(judge(ca("upper"), lower, leaf()), ElementsAre("ak.certificate.issuers"));
}

TEST_F(OwnCa, ExpiresWithAnyOfItsCertificates) {
  CertificateTemplate upper = ca("upper");
  upper.not_after = year("2022");
  EXPECT_THAT(judge(upper, ca("lower"), leaf()), ElementsAre("ak.certificate.validity"));
}

TEST_F(OwnCa, VouchesForNoCaAsAnAttestationKey) {
  EXPECT_THAT(judge(ca("upper"), ca("lower"), ca("AK")),
              testing::UnorderedElementsAre("ak.certificate.usage", "ak.instance.production"));
}

TEST_F(OwnCa, VouchesForTheKeysOfTpmsAndNotOfServers) {
  const std::pair<const char*, std::vector<std::string>> cases[] = {
      {"300706056781050803", {}},                              // tcg-kp-AIKCertificate
      {"300706056781050801", {}},                              // tcg-kp-EKCertificate
      {"300a06082b06010505070301", {"ak.certificate.usage"}},  // serverAuth
      {"30110605678105080306082b06010505070301", {}},          // both
  };
  for (const auto& [purposes, expected] : cases) {
    SCOPED_TRACE(purposes);
    CertificateTemplate ak = leaf();
    ak.extensions.emplace_back("2.5.29.37", parse_hex("der", purposes).value());
    EXPECT_EQ(judge(ca("upper"), ca("lower"), ak), expected);
  }
}

TEST_F(OwnCa, MustSayThatTheInstanceIsOfProduction) {
  for (const std::optional<bool> says : {std::optional<bool>(false), std::optional<bool>()}) {
    CertificateTemplate ak = leaf();
    GceInstanceExtension instance{
        .instance = {"z-1", "p", 1, "i", 2}, .security_version = 0, .is_production = says};
    ak.extensions = {{kGceInstanceOid, encode_gce_instance_extension(instance)}};
    EXPECT_THAT(judge(ca("upper"), ca("lower"), ak), ElementsAre("ak.instance.production"));
  }
}

TEST_F(OwnCa, MayNotNameAnInstanceInBrokenDer) {
  CertificateTemplate ak = leaf();
  ak.extensions = {{kGceInstanceOid, Buffer{0x30, 0x01}}};
  EXPECT_THAT(judge(ca("upper"), ca("lower"), ak),
              ElementsAre("ak.instance.format", "ak.instance.production"));
}

}  // namespace
}  // namespace assay
