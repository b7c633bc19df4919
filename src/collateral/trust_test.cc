// SPDX-License-Identifier: Apache-2.0
#include "collateral/trust.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "crypto/certificate_builder.h"

namespace assay {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

template <class T>
std::string error_of(const Result<T>& result) {
  return result ? "" : to_string(result.error());
}

// --- Google's keys ------------------------------------------------------------------------------

/// "Aug 23 22:26:29 2022 GMT", as `openssl x509 -dates` writes it.
Instant parse_openssl_date(const std::string& text) {
  std::tm t{};
  EXPECT_NE(strptime(text.c_str(), "%b %d %H:%M:%S %Y GMT", &t), nullptr) << text;
  return from_unix_seconds(timegm(&t));
}

std::string string_of(const json::object& object, std::string_view key) {
  return std::string(json_string(object, key).value());
}

TEST(GoogleTrust, IsThePublishedList) {
  const char* corpus = std::getenv("ASSAY_CORPUS");
  const std::filesystem::path shared =
      corpus ? std::filesystem::path(corpus) / ".." : ASSAY_SOURCE_DIR "/../shared";
  const std::filesystem::path path = shared / "roots" / "google.json";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is missing";
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  const auto list = parse_json("google.json", text.str());
  ASSERT_TRUE(list) << error_of(list);

  const Trust& trust = google_trust();
  ASSERT_EQ(list->as_array().size(), 5U);
  ASSERT_EQ(trust.anchors.size(), 5U);
  for (const json::value& value : list->as_array()) {
    const json::object& entry = value.as_object();
    SCOPED_TRACE(string_of(entry, "name"));
    const auto anchor = std::ranges::find_if(trust.anchors, [&](const TrustAnchor& a) {
      return a.key.fingerprint() == string_of(entry, "spki_sha256");
    });
    ASSERT_NE(anchor, trust.anchors.end());
    EXPECT_EQ(anchor->name, string_of(entry, "subject"));
    EXPECT_EQ(anchor->role == AnchorRole::root ? "root" : "intermediate", string_of(entry, "role"));
    EXPECT_EQ(anchor->not_before, parse_openssl_date(string_of(entry, "not_before")));
    EXPECT_EQ(anchor->not_after, parse_openssl_date(string_of(entry, "not_after")));
    EXPECT_EQ(anchor->provenance, Provenance::google);
  }
}

TEST(GoogleTrust, HoldsFiveKeysAndNothingElse) {
  const Trust& trust = google_trust();
  EXPECT_EQ(trust.anchors.size(), 5U);
  EXPECT_THAT(trust.identities, IsEmpty());
  EXPECT_FALSE(trust.emulated());
}

// --- An operator's file -------------------------------------------------------------------------

using Name = std::vector<std::pair<std::string, std::string>>;
const Name kOperator = {{"O", "Example"}, {"CN", "Root"}};
const Name kEmulator = {{"O", "assay emulator"}, {"CN", "Root"}};

class TrustDocument : public testing::Test {
 protected:
  static Certificate ca(const Name& subject, const PrivateKey& key,
                        const std::optional<Certificate>& issuer = std::nullopt,
                        const std::optional<PrivateKey>& issuer_key = std::nullopt) {
    return issue(subject, key, issuer, issuer_key, /*is_ca=*/true);
  }
  static Certificate leaf(const Name& subject, const PrivateKey& key) {
    return issue(subject, key, std::nullopt, std::nullopt, /*is_ca=*/false);
  }
  /// A document with one anchor and further members.
  static std::string document(std::string_view role, const Certificate& certificate,
                              std::string_view more = "") {
    return R"({"assay_trust":1,"anchors":[)" + anchor(role, certificate) + "]" + std::string(more) +
           "}";
  }
  static std::string anchor(std::string_view role, const Certificate& certificate) {
    return json::serialize(json::object{{"role", role}, {"certificate", certificate.pem()}});
  }
  static std::string refusal(std::string_view text) {
    return error_of(parse_trust("t.json", text));
  }

  const PrivateKey key_ = PrivateKey::generate_p256();
  const PrivateKey other_key_ = PrivateKey::generate_p256();

 private:
  static Certificate issue(const Name& subject, const PrivateKey& key,
                           const std::optional<Certificate>& issuer,
                           const std::optional<PrivateKey>& issuer_key, bool is_ca) {
    CertificateTemplate content;
    content.subject = subject;
    content.not_before = from_unix_seconds(1'700'000'000);
    content.not_after = from_unix_seconds(1'800'000'000);
    content.is_ca = is_ca;
    return issue_certificate(content, key.public_key(), issuer, issuer_key ? *issuer_key : key)
        .value();
  }
};

TEST_F(TrustDocument, PemCertificatesBecomeRoots) {
  const Certificate root = ca(kOperator, key_);
  const Certificate middle = ca({{"CN", "Middle"}}, other_key_, root, key_);
  const auto trust = parse_trust("roots.pem", "# ours\n" + root.pem() + middle.pem());
  ASSERT_TRUE(trust) << error_of(trust);
  ASSERT_EQ(trust->anchors.size(), 2U);
  EXPECT_EQ(trust->anchors[0].name, "CN=Root,O=Example");
  EXPECT_EQ(trust->anchors[0].key, key_.public_key());
  EXPECT_EQ(trust->anchors[0].not_before, from_unix_seconds(1'700'000'000));
  EXPECT_EQ(trust->anchors[0].not_after, from_unix_seconds(1'800'000'000));
  EXPECT_EQ(trust->anchors[1].name, "CN=Middle");
  for (const TrustAnchor& a : trust->anchors) {
    EXPECT_EQ(a.role, AnchorRole::root);
    EXPECT_EQ(a.provenance, Provenance::operator_added);
  }
  EXPECT_FALSE(trust->emulated());
  EXPECT_THAT(trust->identities, IsEmpty());
}

TEST_F(TrustDocument, AnEmulatorsRootStaysOneInAnyFile) {
  const Certificate root = ca(kEmulator, key_);
  for (const std::string& text :
       {root.pem(), document("root", root), document("root", root, R"(,"emulated":false)")}) {
    const auto trust = parse_trust("t", text);
    ASSERT_TRUE(trust) << error_of(trust);
    EXPECT_EQ(trust->anchors.at(0).provenance, Provenance::emulated);
    EXPECT_TRUE(trust->emulated());
  }
  // So does a CA that it certified under another name.
  const Certificate middle = ca({{"CN", "Middle"}}, other_key_, root, key_);
  EXPECT_TRUE(parse_trust("t", middle.pem())->emulated());
  // The mark is the whole organisation, not a part of some name.
  for (const Name& name : {Name{{"CN", "x,O=assay emulator"}}, Name{{"CN", "x+O=assay emulator"}},
                           Name{{"O", "assay emulators"}}, Name{{"CN", "assay emulator"}},
                           Name{{"O", "not assay emulator"}}}) {
    EXPECT_FALSE(parse_trust("t", ca(name, key_).pem())->emulated());
  }
}

TEST_F(TrustDocument, GooglesKeyInAFileIsTheOperatorsWord) {
  for (const TrustAnchor& google : google_trust().anchors) {
    SCOPED_TRACE(google.name);
    CertificateTemplate content;
    content.subject = {{"O", "Google LLC"}, {"CN", "EK/AK CA Root"}};
    content.not_before = google.not_before;
    content.not_after = google.not_after;
    content.is_ca = true;
    const Certificate copy =
        issue_certificate(content, google.key, ca(kOperator, key_), key_).value();
    for (const std::string& text : {copy.pem(), document("root", copy)}) {
      const auto trust = parse_trust("t", text);
      ASSERT_TRUE(trust) << error_of(trust);
      EXPECT_EQ(trust->anchors.at(0).key, google.key);
      EXPECT_EQ(trust->anchors.at(0).provenance, Provenance::operator_added);
    }
  }
}

// Made with `openssl req -x509 -multivalue-rdn -subj "/O=assay emulator+CN=Root/CN=Left"`.
constexpr std::string_view kMultiValued = R"(-----BEGIN CERTIFICATE-----
MIIB0TCCAXegAwIBAgIULXtvhEAwAe1NtwSJ6otKydrbiUMwCgYIKoZIzj0EAwIw
NTEkMAsGA1UEAwwEUm9vdDAVBgNVBAoMDmFzc2F5IGVtdWxhdG9yMQ0wCwYDVQQD
DARMZWZ0MCAXDTI2MTEyMzA5MzY1N1oYDzIxMjYxMDMwMDkzNjU3WjA1MSQwCwYD
VQQDDARSb290MBUGA1UECgwOYXNzYXkgZW11bGF0b3IxDTALBgNVBAMMBExlZnQw
WTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARgHk5XzZtGR82uHm6ayK4P1WCZUcl+
CRPUHUf0VJtXfSOSswaKFuF39qRHz4aTFGsoFMMuMJpBRrwNAHVsdwGxo2MwYTAd
BgNVHQ4EFgQUB+eEJoNAIKN9dM+RQiIQ4qTYJPQwHwYDVR0jBBgwFoAUB+eEJoNA
IKN9dM+RQiIQ4qTYJPQwDwYDVR0TAQH/BAUwAwEB/zAOBgNVHQ8BAf8EBAMCAgQw
CgYIKoZIzj0EAwIDSAAwRQIhALm4He4hH6FLDUvTlRvy+ZhgdNKDmMl03s6+nenM
ob5sAiALKu2NDPEo8gRwz3dlRKr0v9pxqWwW/FoWl3iezonE8Q==
-----END CERTIFICATE-----
)";

TEST_F(TrustDocument, AnEmulatorsRootIsKnownInANameOfSeveralValues) {
  const auto trust = parse_trust("t", kMultiValued);
  ASSERT_TRUE(trust) << error_of(trust);
  EXPECT_EQ(trust->anchors.at(0).name, "CN=Left,O=assay emulator+CN=Root");
  EXPECT_TRUE(trust->emulated());
}

TEST_F(TrustDocument, OfIdentitiesAloneIsEmulatedWhereItSaysSo) {
  const std::string identities =
      R"("identities":[{"issuer":"i","jwks":)" +
      json::serialize(JwkSet({{"k", JwsAlgorithm::es256, key_.public_key()}}).to_json()) + "}]}";
  const auto emulated = parse_trust("t", R"({"assay_trust":1,"emulated":true,)" + identities);
  ASSERT_TRUE(emulated) << error_of(emulated);
  EXPECT_TRUE(emulated->emulated());
  EXPECT_FALSE(parse_trust("t", R"({"assay_trust":1,)" + identities)->emulated());
}

TEST_F(TrustDocument, AddsUpUnlessTwoSayTheSame) {
  const std::string jwks =
      json::serialize(JwkSet({{"k", JwsAlgorithm::es256, key_.public_key()}}).to_json());
  const auto identity = [&](std::string_view issuer) {
    return parse_trust(
               "t", fmt::format(R"({{"assay_trust":1,"identities":[{{"issuer":"{}","jwks":{}}}]}})",
                                issuer, jwks))
        .value();
  };
  Trust all = google_trust();
  ASSERT_TRUE(add_trust(all, "one", parse_trust("one", ca(kOperator, key_).pem()).value()));
  ASSERT_TRUE(add_trust(all, "two", identity("i")));
  ASSERT_TRUE(add_trust(all, "three", identity("j")));
  EXPECT_EQ(all.anchors.size(), 6U);
  EXPECT_EQ(all.identities.size(), 2U);

  EXPECT_EQ(error_of(add_trust(all, "four", identity("j"))),
            "four: the issuer \"j\" is there twice");
  EXPECT_EQ(error_of(add_trust(all, "five",
                               parse_trust("five", ca({{"CN", "Again"}}, key_).pem()).value())),
            "five: the key of \"CN=Again\" is there twice");
  // Google's keys keep their provenance: nobody else's file may name them beside them.
  EXPECT_EQ(error_of(add_trust(all, "six", google_trust())).substr(0, 16), "six: the key of ");
}

TEST_F(TrustDocument, TheEmulatedMarkCoversAllAnchors) {
  const Certificate root = ca(kOperator, key_);
  const auto trust = parse_trust("t", document("root", root, R"(,"emulated":true)"));
  ASSERT_TRUE(trust) << error_of(trust);
  EXPECT_EQ(trust->anchors.at(0).provenance, Provenance::emulated);
}

TEST_F(TrustDocument, SurvivesItsJson) {
  const Certificate root = ca(kEmulator, key_);
  const Certificate middle = ca({{"CN", "Middle"}}, other_key_, root, key_);
  const std::string text =
      R"({"assay_trust":1,"emulated":true,"anchors":[)" + anchor("root", root) + "," +
      anchor("intermediate", middle) + R"(],"identities":[{"issuer":"http://127.0.0.1:1","jwks":)" +
      json::serialize(JwkSet({{"k", JwsAlgorithm::es256, key_.public_key()}}).to_json()) +
      R"(,"grants":[{"principal":"vm@example.org","role":"roles/x","project":"p"},)"
      R"({"principal":"vm@example.org","role":"roles/x","project":"17"}]}]})";
  const auto trust = parse_trust("t", text);
  ASSERT_TRUE(trust) << error_of(trust);
  ASSERT_EQ(trust->anchors.size(), 2U);
  EXPECT_EQ(trust->anchors[1].role, AnchorRole::intermediate);
  EXPECT_EQ(trust->anchors[1].name, "CN=Middle");
  EXPECT_EQ(trust->anchors[1].provenance, Provenance::emulated);
  ASSERT_EQ(trust->identities.size(), 1U);
  const IdentityIssuer& identity = trust->identities.front();
  EXPECT_EQ(identity.issuer, "http://127.0.0.1:1");
  EXPECT_EQ(identity.keys.find("k")->key, key_.public_key());
  ASSERT_EQ(identity.grants.size(), 2U);
  EXPECT_EQ(identity.grants[0].principal, "vm@example.org");
  EXPECT_EQ(identity.grants[0].role, "roles/x");
  EXPECT_EQ(identity.grants[1].project, "17");
  EXPECT_EQ(json::serialize(to_json(*trust, {root.pem(), middle.pem()})), text);
}

TEST_F(TrustDocument, RefusesWhatItDoesNotUnderstand) {
  const Certificate root = ca(kOperator, key_);
  const std::string a = anchor("root", root);
  const std::string jwks =
      json::serialize(JwkSet({{"k", JwsAlgorithm::es256, key_.public_key()}}).to_json());
  const auto identity = [&](std::string_view grants) {
    return R"({"assay_trust":1,"identities":[{"issuer":"i","jwks":)" + jwks + R"(,"grants":)" +
           std::string(grants) + "}]}";
  };
  const std::pair<std::string, std::string_view> cases[] = {
      {"", "t.json: certificate: no PEM block \"CERTIFICATE\""},
      {"nothing", "t.json: certificate: no PEM block \"CERTIFICATE\""},
      {key_.public_key().pem(), "t.json: certificate: no PEM block \"CERTIFICATE\""},
      {root.pem() + root.pem(), "t.json: the key of \"CN=Root,O=Example\" is there twice"},
      {root.pem() + ca({{"CN", "Again"}}, key_).pem(),
       "t.json: the key of \"CN=Again\" is there twice"},
      {leaf(kOperator, key_).pem(), "t.json: \"CN=Root,O=Example\" is no CA certificate"},
      {"{", "t.json"},
      {R"({"anchors":[]})", "t.json.assay_trust: "},
      {R"({"assay_trust":"1"})", "t.json.assay_trust: "},
      {R"({"assay_trust":2,"anchors":[]})", "t.json.assay_trust: version 2, wanted 1"},
      {R"({"assay_trust":1,"assay_trust":1})", "t.json"},
      {R"({"assay_trust":1,"anchor":[]})", "t.json: unknown member \"anchor\""},
      {R"({"assay_trust":1,"emulated":1})", "t.json.emulated: not a boolean"},
      {R"({"assay_trust":1,"anchors":{}})", "t.json.anchors: "},
      {R"({"assay_trust":1,"anchors":[1]})", "t.json.anchors[0]: not an object"},
      {R"({"assay_trust":1,"anchors":[{"certificate":"x"}]})", "t.json.anchors[0].role: "},
      {R"({"assay_trust":1,"anchors":[{"role":"leaf"}]})",
       "t.json.anchors[0].role: \"leaf\", wanted \"root\" or \"intermediate\""},
      {R"({"assay_trust":1,"anchors":[{"role":"root"}]})", "t.json.anchors[0].certificate: "},
      {R"({"assay_trust":1,"anchors":[{"role":"root","certificate":"x"}]})",
       "t.json.anchors[0].certificate: no PEM block \"CERTIFICATE\""},
      {R"({"assay_trust":1,"anchors":[{"role":"root","emulated":false}]})",
       "t.json.anchors[0]: unknown member \"emulated\""},
      {R"({"assay_trust":1,"anchors":[{"role":"root","provenance":"google"}]})",
       "t.json.anchors[0]: unknown member \"provenance\""},
      {document("root", leaf(kOperator, key_)),
       "t.json.anchors[0].certificate: \"CN=Root,O=Example\" is no CA certificate"},
      {R"({"assay_trust":1,"anchors":[)" + a + "," + a + "]}",
       "t.json.anchors[1]: the key of \"CN=Root,O=Example\" is there twice"},
      {R"({"assay_trust":1,"identities":[{}]})", "t.json.identities[0].issuer: "},
      {R"({"assay_trust":1,"identities":[{"issuer":"i"}]})", "t.json.identities[0].jwks: "},
      {R"({"assay_trust":1,"identities":[{"issuer":"i","jwks":{"keys":[]}}]})",
       "t.json.identities[0].jwks: no usable key"},
      {R"({"assay_trust":1,"identities":[{"issuer":"i","keys":[]}]})",
       "t.json.identities[0]: unknown member \"keys\""},
      {identity("1"), "t.json.identities[0].grants: "},
      {identity("[{}]"), "t.json.identities[0].grants[0].principal: "},
      {identity(R"([{"principal":"p","role":"r"}])"), "t.json.identities[0].grants[0].project: "},
      {identity(R"([{"principal":"p","role":"r","project":"q","until":1}])"),
       "t.json.identities[0].grants[0]: unknown member \"until\""},
      {R"({"assay_trust":1,"identities":[{"issuer":"i","jwks":)" + jwks +
           R"(},{"issuer":"i","jwks":)" + jwks + "}]}",
       "t.json.identities[1]: the issuer \"i\" is there twice"},
      {std::string((1 << 20) + 1, ' '), "t.json: 1048577 bytes, at most 1048576 are read"},
  };
  for (const auto& [text, error] : cases) {
    SCOPED_TRACE(text.substr(0, 200));
    const auto trust = parse_trust("t.json", text);
    ASSERT_FALSE(trust);
    EXPECT_EQ(trust.error().fault, Fault::malformed);
    EXPECT_THAT(to_string(trust.error()), testing::StartsWith(std::string(error)));
  }
  EXPECT_EQ(refusal(R"({"assay_trust":1})"), "");  // trusts nothing, and says so
}

}  // namespace
}  // namespace assay
