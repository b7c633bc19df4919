// SPDX-License-Identifier: Apache-2.0
#include "crypto/certificate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/x509.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "base/hex.h"
#include "crypto/certificate_builder.h"

namespace assay {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

template <class T>
std::string error_of(const Result<T>& result) {
  return result ? "" : to_string(result.error());
}

constexpr const char* kGceInstance = "1.3.6.1.4.1.11129.2.1.21";

/// The serial number, lower-case hex.
std::string serial_of(const Certificate& certificate) {
  const Bytes der = certificate.der();
  const unsigned char* at = der.data();
  const std::unique_ptr<X509, decltype(&X509_free)> x509(
      d2i_X509(nullptr, &at, static_cast<long>(der.size())), &X509_free);
  const ASN1_INTEGER* serial = X509_get0_serialNumber(x509.get());
  return hex({ASN1_STRING_get0_data(serial), static_cast<std::size_t>(ASN1_STRING_length(serial))});
}

/// Certificates that Google issued; skips visibly where they are not at hand.
class GoogleCertificates : public testing::Test {
 protected:
  void SetUp() override {
    const char* corpus = std::getenv("ASSAY_CORPUS");
    folder_ = corpus ? corpus : ASSAY_SOURCE_DIR "/../shared/corpus";
    folder_ /= "gce-ak-certs";
    if (!std::filesystem::exists(folder_)) {
      GTEST_SKIP() << folder_ << " is missing; set ASSAY_CORPUS";
    }
  }
  [[nodiscard]] Certificate read(const std::string& name) const {
    std::ifstream file(folder_ / (name + ".pem"));
    std::stringstream text;
    text << file.rdbuf();
    auto all = Certificate::from_pem(text.str());
    EXPECT_TRUE(all) << error_of(all);
    EXPECT_EQ(all->size(), 1U);
    return all->front();
  }
  std::filesystem::path folder_;
};

// The rest of each name is ",O=Google LLC,L=Mountain View,ST=California,C=US".
constexpr std::string_view kRoot = "CN=EK/AK CA Root,OU=Google Cloud";
constexpr std::string_view kIntermediate = "CN=EK/AK CA Intermediate,OU=Google Cloud";
constexpr std::string_view kOldRoot =
    "CN=tpm_ek_v1_cloud_host_root-signer-0-2018-04-06T10:58:26-07:00 K:1\\, 1:Pw003HsFYO4:0:18,"
    "OU=Cloud";
constexpr std::string_view kOldIntermediate2 =
    "CN=tpm_ek_v1_cloud_host-signer-0-2020-10-22T14:02:08-07:00 K:1\\, 2:HBNpA3TPAbM:0:18,OU=Cloud";
constexpr std::string_view kOldIntermediate3 =
    "CN=tpm_ek_v1_cloud_host-signer-0-2021-10-12T04:22:11-07:00 K:1\\, 3:nbvaGZFLcuc:0:18,OU=Cloud";

std::string google(std::string_view name) {
  return std::string(name) + ",O=Google LLC,L=Mountain View,ST=California,C=US";
}

struct CaCase {
  const char* file;
  std::string_view subject, issuer;
  const char* issuer_file;
  const char* not_before;
  const char* not_after;
  std::optional<int> path_length;
  const char* spki_sha256;
  const char* ca_issuers;
};

// Dates and hashes as the published list of Google's CA keys has them.
const CaCase kCaCases[] = {
    {"ca_gcp_ek_ak_ca_root", kRoot, kRoot, "ca_gcp_ek_ak_ca_root", "2022-07-08T00:40:34Z",
     "2122-07-08T05:57:23Z", std::nullopt,
     "56a613f57126a385dd6949294e93b0b566f96ab0573be0c2368e6f5ca779831f", ""},
    {"ca_gcp_ek_ak_ca_intermediate_v3", kIntermediate, kRoot, "ca_gcp_ek_ak_ca_root",
     "2022-08-23T22:26:29Z", "2122-07-08T05:57:23Z", std::nullopt,
     "dd65674415e79258bbaedb6844b5962bc7d24e90ba7d978da5242f29c1633c8e",
     "http://privateca-content-62d71773-0000-21da-852e-f4f5e80d7778.storage.googleapis.com/"
     "032bf9d39db4fa06aade/ca.crt"},
    {"ca_tpm_ek_root_1", kOldRoot, kOldRoot, "ca_tpm_ek_root_1", "2018-04-06T17:58:26Z",
     "2118-04-06T18:58:26Z", std::nullopt,
     "f23057f4f97d1d90e4cae0ce91d5a0fc99069f0a1bc147021dca33b1e9c4d0d9", ""},
    {"ca_tpm_ek_intermediate_2", kOldIntermediate2, kOldRoot, "ca_tpm_ek_root_1",
     "2020-10-22T21:02:08Z", "2120-10-22T21:02:08Z", 0,
     "ea74a128fd274552c4f5904cb3c830cbf3d99035a2ac7bab7ce9d59f5997b12f",
     "http://pki.goog/cloud_integrity/tpm_ek_root_1.crt"},
    {"ca_tpm_ek_intermediate_3", kOldIntermediate3, kOldRoot, "ca_tpm_ek_root_1",
     "2021-10-12T11:22:11Z", "2121-10-12T11:22:11Z", 0,
     "407ae79abb34c19a272509aa2fc73455161857f712d6ee9e4dc24fd9dff0acca",
     "http://pki.goog/cloud_integrity/tpm_ek_root_1.crt"},
};

TEST_F(GoogleCertificates, CasReadAsPublished) {
  for (const CaCase& c : kCaCases) {
    SCOPED_TRACE(c.file);
    const Certificate certificate = read(c.file);
    EXPECT_EQ(certificate.subject(), google(c.subject));
    EXPECT_EQ(certificate.issuer(), google(c.issuer));
    EXPECT_EQ(rfc3339(certificate.not_before()), c.not_before);
    EXPECT_EQ(rfc3339(certificate.not_after()), c.not_after);
    EXPECT_TRUE(certificate.is_ca());
    EXPECT_EQ(certificate.path_length(), c.path_length);
    EXPECT_TRUE(certificate.may_sign_certificates());
    EXPECT_THAT(certificate.unhandled_critical_extensions({}), IsEmpty());
    EXPECT_EQ(certificate.extension(kGceInstance), std::nullopt);
    EXPECT_EQ(certificate.public_key().value().fingerprint(), c.spki_sha256);
    if (*c.ca_issuers == '\0') {
      EXPECT_THAT(certificate.ca_issuers(), IsEmpty());
    } else {
      EXPECT_THAT(certificate.ca_issuers(), ElementsAre(c.ca_issuers));
    }
    EXPECT_TRUE(certificate.signed_by(read(c.issuer_file).public_key().value()));
  }
}

struct LeafCase {
  const char* file;
  std::string_view subject, issuer;
  const char* issuer_file;
  const char* key;
  bool signs;
  const char* ca_issuers;
};

constexpr std::string_view kPcaSubject =
    "CN=218557372616137117,OU=google.com:wuale-gcp-testing,O=Google Compute Engine,L=us-central1-a";
constexpr const char* kPcaUrl =
    "http://privateca-content-633beb94-0000-25c1-a9d7-001a114ba6e8.storage.googleapis.com/"
    "c59a22589ab43a57e3a4/ca.crt";
constexpr const char* kUcaUrl = "https://pki.goog/cloud_integrity/tpm_ek_intermediate_3.crt";

const LeafCase kLeafCases[] = {
    {"pca_tpm_rsa_sign_cert", kPcaSubject, kIntermediate, "ca_gcp_ek_ak_ca_intermediate_v3",
     "RSA-2048", true, kPcaUrl},
    {"pca_tpm_ecc_sign_cert", kPcaSubject, kIntermediate, "ca_gcp_ek_ak_ca_intermediate_v3",
     "P-256", true, kPcaUrl},
    {"uca_tpm_ecc_sign_cert", "", kOldIntermediate3, "ca_tpm_ek_intermediate_3", "P-256", true,
     kUcaUrl},
    {"uca_tpm_ecc_enc_cert", "", kOldIntermediate3, "ca_tpm_ek_intermediate_3", "P-256", false,
     kUcaUrl},
};

TEST_F(GoogleCertificates, LeavesSayWhichInstanceTheyAreFor) {
  for (const LeafCase& c : kLeafCases) {
    SCOPED_TRACE(c.file);
    const Certificate certificate = read(c.file);
    EXPECT_EQ(certificate.subject(), c.subject);
    EXPECT_EQ(certificate.issuer(), google(c.issuer));
    EXPECT_FALSE(certificate.is_ca());
    EXPECT_FALSE(certificate.may_sign_certificates());
    EXPECT_EQ(certificate.may_sign_data(), c.signs);
    EXPECT_EQ(certificate.public_key().value().describe(), c.key);
    EXPECT_THAT(certificate.ca_issuers(), ElementsAre(c.ca_issuers));
    EXPECT_THAT(certificate.unhandled_critical_extensions({}), IsEmpty());
    const auto extension = certificate.extension(kGceInstance);
    ASSERT_TRUE(extension);
    EXPECT_EQ(extension->front(), 0x30);
    EXPECT_THAT(to_text(*extension), HasSubstr("us-central1-a"));
    EXPECT_TRUE(certificate.signed_by(read(c.issuer_file).public_key().value()));
    EXPECT_FALSE(certificate.signed_by(read("ca_gcp_ek_ak_ca_root").public_key().value()));
    EXPECT_FALSE(certificate.signed_by(read("ca_tpm_ek_intermediate_2").public_key().value()));
    EXPECT_FALSE(certificate.signed_by(certificate.public_key().value()));
  }
}

TEST_F(GoogleCertificates, AFlippedBitAnywhereIsRefusedOrNoLongerSigned) {
  const PublicKey issuer = read("ca_gcp_ek_ak_ca_intermediate_v3").public_key().value();
  const Buffer der = to_buffer(read("pca_tpm_ecc_sign_cert").der());
  for (std::size_t i = 0; i < der.size(); ++i) {
    Buffer changed = der;
    changed[i] = static_cast<std::uint8_t>(changed[i] ^ (1 << (i % 8)));
    const auto certificate = Certificate::from_der(changed);
    EXPECT_FALSE(certificate && certificate->signed_by(issuer)) << "byte " << i;
  }
}

TEST_F(GoogleCertificates, ShortAndLongOnesAreRefused) {
  Buffer der = to_buffer(read("pca_tpm_ecc_sign_cert").der());
  for (std::size_t size = 0; size < der.size(); size += 13) {
    EXPECT_FALSE(Certificate::from_der(Bytes(der).first(size))) << size;
  }
  der.push_back(0);
  EXPECT_EQ(error_of(Certificate::from_der(der)), "certificate: 1 trailing bytes");
}

TEST_F(GoogleCertificates, SurvivePem) {
  const Certificate root = read("ca_gcp_ek_ak_ca_root");
  const Certificate leaf = read("pca_tpm_rsa_sign_cert");
  const auto both = Certificate::from_pem("comment\n" + leaf.pem() + root.pem());
  ASSERT_TRUE(both) << error_of(both);
  ASSERT_EQ(both->size(), 2U);
  EXPECT_EQ(both->at(0).fingerprint(), leaf.fingerprint());
  EXPECT_EQ(both->at(1).fingerprint(),
            "594759594b9b61524f6c8ef668f7177f7b9066bc0674f2f49fe9e052be78beb2");
}

TEST(Certificate, NeedsAPemBlockThatHoldsOne) {
  EXPECT_EQ(error_of(Certificate::from_pem("")), "certificate: no PEM block \"CERTIFICATE\"");
  const std::string key = PrivateKey::generate_p256().public_key().pem();
  EXPECT_EQ(error_of(Certificate::from_pem(key)), "certificate: no PEM block \"CERTIFICATE\"");
  EXPECT_THAT(error_of(Certificate::from_pem(
                  "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")),
              HasSubstr("certificate: no X.509 certificate: "));
  EXPECT_THAT(error_of(Certificate::from_pem("-----BEGIN CERTIFICATE-----\nAAAA\n")),
              HasSubstr("certificate: PEM block 1: "));
  EXPECT_THAT(error_of(Certificate::from_der(Buffer(64 * 1024 + 1))),
              "certificate: 65537 bytes, at most 65536 are read");
}

// --- Issuing ------------------------------------------------------------------------------------

const Instant kFrom = from_unix_seconds(1'700'000'000);
const Instant kTo = from_unix_seconds(1'800'000'000);

CertificateTemplate ca_template(std::string name) {
  CertificateTemplate content;
  content.subject = {{"C", "US"}, {"O", "assay emulator"}, {"CN", std::move(name)}};
  content.not_before = kFrom;
  content.not_after = kTo;
  content.is_ca = true;
  return content;
}

// OpenSSL reads BER; a length that ends with an end-of-contents mark is not DER (X.690, 10.1), and
// what is signed could not be found in it.
TEST_F(GoogleCertificates, WithAnIndefiniteLengthAreRefused) {
  const Certificate genuine = read("pca_tpm_rsa_sign_cert");
  const Bytes der = genuine.der();  // 30 82 size size, 30 82 size size, ...
  Buffer outer = {0x30, 0x80};
  outer.insert(outer.end(), der.begin() + 4, der.end());
  outer.insert(outer.end(), {0, 0});
  EXPECT_EQ(Certificate::from_der(outer).error().why, "a length is indefinite, which DER forbids");

  const std::size_t tbs_size = static_cast<std::size_t>(der[6]) << 8 | der[7];
  Buffer inner = {0x30, 0x80};
  inner.insert(inner.end(), der.begin() + 8,
               der.begin() + 8 + static_cast<std::ptrdiff_t>(tbs_size));
  inner.insert(inner.end(), {0, 0});
  inner.insert(inner.end(), der.begin() + 8 + static_cast<std::ptrdiff_t>(tbs_size), der.end());
  Buffer both = {0x30, 0x82, static_cast<std::uint8_t>(inner.size() >> 8),
                 static_cast<std::uint8_t>(inner.size() & 0xFF)};
  both.insert(both.end(), inner.begin(), inner.end());
  EXPECT_EQ(Certificate::from_der(both).error().why, "a length is indefinite, which DER forbids");
}

TEST(IssueCertificate, MakesAChain) {
  const PrivateKey root_key = PrivateKey::generate_rsa();
  const PrivateKey middle_key = PrivateKey::generate_p256();
  const PrivateKey leaf_key = PrivateKey::generate_p256();

  const auto root =
      issue_certificate(ca_template("Root, first"), root_key.public_key(), std::nullopt, root_key);
  ASSERT_TRUE(root) << error_of(root);
  EXPECT_EQ(root->subject(), "CN=Root\\, first,O=assay emulator,C=US");
  EXPECT_EQ(root->issuer(), root->subject());
  EXPECT_EQ(root->not_before(), kFrom);
  EXPECT_EQ(root->not_after(), kTo);
  EXPECT_EQ(serial_of(*root).size(), 32U);
  EXPECT_TRUE(root->is_ca());
  EXPECT_EQ(root->path_length(), std::nullopt);
  EXPECT_TRUE(root->may_sign_certificates());
  EXPECT_FALSE(root->may_sign_data());
  EXPECT_TRUE(root->signed_by(root_key.public_key()));
  EXPECT_TRUE(root->extension("2.5.29.14"));  // subjectKeyIdentifier
  EXPECT_TRUE(root->extension("2.5.29.35"));  // authorityKeyIdentifier

  CertificateTemplate middle_content = ca_template("Middle");
  middle_content.path_length = 0;
  middle_content.ca_issuers = {"http://127.0.0.1:1/root.crt?a=1,2", "http://127.0.0.1:2/root.crt"};
  const auto middle = issue_certificate(middle_content, middle_key.public_key(), *root, root_key);
  ASSERT_TRUE(middle) << error_of(middle);
  EXPECT_EQ(middle->issuer(), root->subject());
  EXPECT_EQ(middle->path_length(), 0);
  EXPECT_THAT(middle->ca_issuers(),
              ElementsAre("http://127.0.0.1:1/root.crt?a=1,2", "http://127.0.0.1:2/root.crt"));
  EXPECT_TRUE(middle->signed_by(root_key.public_key()));
  EXPECT_FALSE(middle->signed_by(middle_key.public_key()));

  CertificateTemplate leaf_content;
  leaf_content.subject = {{"CN", "4711"}};
  leaf_content.not_before = kFrom;
  leaf_content.not_after = kTo;
  leaf_content.extensions = {{kGceInstance, {0x30, 0x00}}};
  const auto leaf = issue_certificate(leaf_content, leaf_key.public_key(), *middle, middle_key);
  ASSERT_TRUE(leaf) << error_of(leaf);
  EXPECT_FALSE(leaf->is_ca());
  EXPECT_FALSE(leaf->may_sign_certificates());
  EXPECT_TRUE(leaf->may_sign_data());
  EXPECT_TRUE(leaf->signed_by(middle_key.public_key()));
  EXPECT_EQ(leaf->public_key().value(), leaf_key.public_key());
  EXPECT_EQ(hex(leaf->extension(kGceInstance).value()), "3000");
  EXPECT_THAT(leaf->extended_key_usages(), IsEmpty());
  EXPECT_THAT(leaf->unhandled_critical_extensions({}), IsEmpty());
  EXPECT_NE(serial_of(*leaf), serial_of(*middle));
}

TEST(IssueCertificate, RefusesWhatCannotBeWritten) {
  const PrivateKey key = PrivateKey::generate_p256();
  const auto issue = [&](const CertificateTemplate& content) {
    return error_of(issue_certificate(content, key.public_key(), std::nullopt, key));
  };
  CertificateTemplate content = ca_template("Root");
  EXPECT_EQ(issue(content), "");
  content.subject.emplace_back("NoSuchAttribute", "x");
  EXPECT_THAT(issue(content), HasSubstr("certificate_template.subject: NoSuchAttribute=x: "));
  content = ca_template("Root");
  content.extensions = {{"not an oid", {}}};
  EXPECT_EQ(issue(content), "certificate_template.extensions: \"not an oid\" is no OID");
  content.extensions = {{kGceInstance, {5, 0}}, {kGceInstance, {5, 0}}};
  EXPECT_EQ(issue(content), "certificate: an extension appears twice");
}

// The following were made by `openssl req -x509`, OpenSSL 3.0.

TEST(Certificate, ReportsCriticalExtensionsThatNobodyHandles) {
  const auto certificates = Certificate::from_pem(R"(
-----BEGIN CERTIFICATE-----
MIIBvDCCAWOgAwIBAgIUD4X749zosxtHCVnE6b2jgvSifOgwCgYIKoZIzj0EAwIw
EzERMA8GA1UEAwwIY3JpdGljYWwwIBcNMjYxMTIzMDY1MzMxWhgPMjEyNjEwMzAw
NjUzMzFaMBMxETAPBgNVBAMMCGNyaXRpY2FsMFkwEwYHKoZIzj0CAQYIKoZIzj0D
AQcDQgAEBukvaxaQcm6+Rx2B62i1Eoj6ROeqpj5wetN9BDyQcbX2S3LbpKqxJDhY
72Za9/+rkwayhKSDFSPKisHQrGCvuKOBkjCBjzASBgNVHRMBAf8ECDAGAQH/AgED
MA4GA1UdDwEB/wQEAwICBDAdBgNVHSUBAf8EEzARBgVngQUIAwYIKwYBBQUHAwEw
HQYDVR0eAQH/BBMwEaAPMA2CC2V4YW1wbGUuY29tMAwGAyoDBAEB/wQCBQAwHQYD
VR0OBBYEFO6VH45tLvhi7bHwNixCpLgbloA8MAoGCCqGSM49BAMCA0cAMEQCIFyq
mA5PZ0S7GNGkhbQVtzZZJ17HCTxQhJBXCSTEljMZAiAjFCSRxoaKW5O2dndirjI7
kNLOsWRLewnmwBiaIaCRFQ==
-----END CERTIFICATE-----
)");
  ASSERT_TRUE(certificates) << error_of(certificates);
  const Certificate& certificate = certificates->front();
  EXPECT_THAT(certificate.unhandled_critical_extensions({}), ElementsAre("2.5.29.30", "1.2.3.4"));
  EXPECT_THAT(certificate.unhandled_critical_extensions({"1.2.3.4"}), ElementsAre("2.5.29.30"));
  EXPECT_THAT(certificate.extended_key_usages(), ElementsAre("2.23.133.8.3", "1.3.6.1.5.5.7.3.1"));
  EXPECT_EQ(certificate.path_length(), 3);
}

TEST(Certificate, SignedWithSha1IsSignedByNobody) {
  const auto certificates = Certificate::from_pem(R"(
-----BEGIN CERTIFICATE-----
MIIDATCCAemgAwIBAgIUONIfDI40kX913u1OXHLZxwods7MwDQYJKoZIhvcNAQEF
BQAwDzENMAsGA1UEAwwEc2hhMTAgFw0yNjExMjMwNjUzMzJaGA8yMTI2MTAzMDA2
NTMzMlowDzENMAsGA1UEAwwEc2hhMTCCASIwDQYJKoZIhvcNAQEBBQADggEPADCC
AQoCggEBAIo2SKM+VUFHfNvqcFi1eq3GkViCBOOm4TrrkcKHIe7mdIW7KFoAXBgw
I7cW2H22EEW3c7qHY6kJzLyOWIjaTkZv9pTEIsmY9DKO/2iHUeoaWArffhpuJwqV
TuyQNKYiYFwRUFb9IEsgpRMe17BTa4cqJqStyjq2twbakvuS1quiywsX8GHlro1Y
yGP4Vv6iyXYq5wwVX2bNDoTu9zymQVbz5MwVU9ivHT9aX8NCAAE6iI55yGZbpA2w
iHb4gVUITkp4sLzhkh/4K1DM+JsBGvaVyU0+3CEo2CqfhfoCp3+MaB3diWKryr/D
i5ksVpYkPJGqcFX1ZnSVObLmTWOPe98CAwEAAaNTMFEwHQYDVR0OBBYEFHjBMll7
FEPXu+g4OY7MA//WpKvbMB8GA1UdIwQYMBaAFHjBMll7FEPXu+g4OY7MA//WpKvb
MA8GA1UdEwEB/wQFMAMBAf8wDQYJKoZIhvcNAQEFBQADggEBAB82Y2y3YISrQXuJ
uBA3K5ak5Oy/9W4NoCC1/8zQ5UU1ziBtfSq3zVXD5mmVYEcHsEUHSdApiwM7Uxkc
ySiVHJFxvkCBYfkWsZXAHiUZ2kuynF5uEHR88iu0fRUkhnpsCH/70Qrb16LMPFPX
Uk0bz0p1oPYWkO+OmjVJWC+VKLBEF6d47nk13dKA8C3MGWvVEvEkd5BON21aXGVO
Vj8r16/6VR+bfVOxILzgw+jmHJUHH2yxUSk9cRBmsuCNc7DLS70yrXB8mlDFQrZg
XNmLqal13ri/RnfThTG5TnaxgdQgEy8P8zos0hJ79ZBrn3hD5UffbXbL0f9mPT3x
aTe1oRY=
-----END CERTIFICATE-----
)");
  ASSERT_TRUE(certificates) << error_of(certificates);
  const Certificate& certificate = certificates->front();
  EXPECT_FALSE(certificate.signed_by(certificate.public_key().value()));
}

TEST(Certificate, SignedWithPssIsSigned) {
  const auto certificates = Certificate::from_pem(R"(
-----BEGIN CERTIFICATE-----
MIIDaTCCAhygAwIBAgIUB8cr3eL31Gnce6MoufK902y8mbcwQgYJKoZIhvcNAQEK
MDWgDzANBglghkgBZQMEAgIFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgIF
AKIEAgIAzjAOMQwwCgYDVQQDDANwc3MwIBcNMjYxMTIzMDY1MzMyWhgPMjEyNjEw
MzAwNjUzMzJaMA4xDDAKBgNVBAMMA3BzczCCASIwDQYJKoZIhvcNAQEBBQADggEP
ADCCAQoCggEBAL0Rmhz5j+dnL0vQYj+a3vwIoXe7GR5vPvX9uPBQLggM1hpk7/sW
WdtLFGISnzJwQZy+vYwihiFCPVOLKIvb6Ne0Ro/MjeSwxTPCWcZj8z7mrbJR4r65
EIw0+HqhO/JY4wUF5LXnLBhfNmsHpsNkFTHNYUW0b5c7JcLtmIq1DCGGBhcy7cfk
7b+2Neynhupp2zmDB2/JbT+wMo3PS1ij891K9e0LbyArO2LaJN061OASnTaukYNs
xmHumhGTzJcThTybK6w52MQmbR5UJWSG4/3DfaHwKxKMfej/Y2tL907ueEnLh7YC
88Td5fHouIySk+dN2cMSIyW0BSnq/2GnBt0CAwEAAaNTMFEwHQYDVR0OBBYEFBh2
qsTCKmTgzZyuYKYBxfhPWlixMB8GA1UdIwQYMBaAFBh2qsTCKmTgzZyuYKYBxfhP
WlixMA8GA1UdEwEB/wQFMAMBAf8wQgYJKoZIhvcNAQEKMDWgDzANBglghkgBZQME
AgIFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgIFAKIEAgIAzgOCAQEAIsak
muGxYvs9hStgAAJXeHV2GVn7Q/v98fPO4TMQD3cch4FXKoHjyR2OIsZCNfPMKoL4
F8VSv5Vbc8EI+jRb2HFcGO0PrX3BFd++dhqsXMX0q8BPP9uanU7U0EdHP52MGNfw
2txyMG1ry3A4Wlg+2iLVYvnP4df4i/rxsXeENB4bhRe1SYzw1aC/XWFlpOae06Ka
YSaMXa0yOv3pGWkxm9Uwm/6y3D+JVBo6WGERiQxwnvLR0yAGODN8mGEpf0lTtycx
S1ffjyIqrNrg/hkKSwgveae1L1+dsFaLp+IonzGx1iGH/nPOXx+IvMmjjW9JrUh4
XEYrEPLEZ0EwqAsDuQ==
-----END CERTIFICATE-----
)");
  ASSERT_TRUE(certificates) << error_of(certificates);
  const Certificate& certificate = certificates->front();
  EXPECT_TRUE(certificate.signed_by(certificate.public_key().value()));
}

}  // namespace
}  // namespace assay
