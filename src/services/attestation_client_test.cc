// SPDX-License-Identifier: Apache-2.0
#include "services/attestation_client.h"

#include <gtest/gtest.h>

#include "services/testing.h"

namespace assay {
namespace {

const std::string kLocation = "http://attest.example/v1/projects/p/locations/l";
constexpr const char* kName = "projects/p/locations/l/challenges/c";

class AttestationClientTest : public testing::Test {
 protected:
  AttestationClientTest() {
    http.answers[kLocation] = {200, "{}"};
    answer_challenge(R"({"name":"projects/p/locations/l/challenges/c","tpmNonce":"AQID"})");
    http.answers[kLocation + "/challenges/c:verifyAttestation"] = {
        200, R"({"oidcClaimsToken":"a.b.c"})"};
  }
  void answer_challenge(std::string body, unsigned status = 200) {
    http.answers[kLocation + "/challenges"] = {status, std::move(body)};
  }
  std::string why_no_challenge() {
    const auto challenge = client.create_challenge();
    return challenge ? "there is one" : to_string(challenge.error().error);
  }

  FakeHttp http;
  AttestationClient client{http, {"http://attest.example/", "p", "l"}, "access"};
};

TEST_F(AttestationClientTest, GoesFromLocationToToken) {
  ASSERT_TRUE(client.check_location());
  const auto challenge = client.create_challenge();
  ASSERT_TRUE(challenge);
  EXPECT_EQ(challenge->name, kName);
  EXPECT_EQ(challenge->nonce, (Buffer{1, 2, 3}));
  const auto token = client.verify(*challenge, Attestation{}, {}, {});
  ASSERT_TRUE(token);
  EXPECT_EQ(token->jwt, "a.b.c");
  EXPECT_TRUE(token->partial_errors.empty());
  EXPECT_EQ(http.calls, 3);
}

TEST_F(AttestationClientTest, ShowsTheServersWords) {
  answer_challenge(
      R"({"error":{"code":403,"message":"no such role","status":"PERMISSION_DENIED"}})", 403);
  const auto refused = client.create_challenge();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().status, 403u);
  EXPECT_EQ(refused.error().error.fault, Fault::untrusted);
  EXPECT_EQ(refused.error().error.why, "HTTP 403 PERMISSION_DENIED: no such role");
  for (const char* body : {"", "<html>", "[]", R"({"error":"text"})", R"({"error":{"code":5}})"}) {
    SCOPED_TRACE(body);
    answer_challenge(body, 502);
    EXPECT_EQ(why_no_challenge(), kLocation + "/challenges: HTTP 502, without an explanation");
    EXPECT_EQ(client.create_challenge().error().error.fault, Fault::unavailable);
  }
  http.unreachable = true;
  EXPECT_EQ(client.create_challenge().error().status, 0u);
  EXPECT_EQ(client.create_challenge().error().error.fault, Fault::unavailable);
}

TEST_F(AttestationClientTest, TakesNoChallengeThatMakesNoSense) {
  struct Case {
    const char* body;
    std::string why;
  };
  const Case cases[] = {
      {"{}", "challenge: name: missing"},
      {R"({"name":"n"})", "challenge: tpmNonce: missing"},
      {R"({"name":"n","tpmNonce":""})", "challenge.tpmNonce: is empty"},
      {R"({"name":"n?x=","tpmNonce":"AQID"})", "challenge.name: is not a resource name: n?x="},
      {R"({"name":"n\r\nHost: x","tpmNonce":"AQID"})",
       "challenge.name: is not a resource name: n\\x0d\\x0aHost: x"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.body);
    answer_challenge(c.body);
    EXPECT_EQ(why_no_challenge(), c.why);
  }
  answer_challenge(R"({"name":"n","tpmNonce":"not base64"})");
  EXPECT_EQ(why_no_challenge().substr(0, 18), "challenge.tpmNonce");
}

TEST_F(AttestationClientTest, TellsWhatTheServiceLeftOut) {
  http.answers[kLocation + "/challenges/c:verifyAttestation"] = {
      200, R"({"oidcClaimsToken":"a.b.c","partialErrors":[{"code":12,"message":"no images"},7]})"};
  const auto token = client.verify({kName, {1}}, Attestation{}, {}, {});
  ASSERT_TRUE(token);
  EXPECT_EQ(token->partial_errors, (std::vector<std::string>{"no images"}));
  http.answers[kLocation + "/challenges/c:verifyAttestation"] = {200, R"({"oidcClaimsToken":""})"};
  EXPECT_FALSE(client.verify({kName, {1}}, Attestation{}, {}, {}));
}

TEST(VerifyAttestationBody, IsProto3JsonAsGotpmSendsIt) {
  Attestation attestation;
  Quote quote{{1, 2, 3}, {4, 5, 6}, {HashAlgorithm::sha1, {}}};
  quote.pcrs.values[10] = Digest(HashAlgorithm::sha1);
  attestation.quotes.push_back(quote);
  attestation.event_log = {7, 8, 9};
  attestation.ak_cert = {0x30, 0x00};
  attestation.intermediates = {{0x30, 0x01}};
  EXPECT_EQ(
      json::serialize(verify_attestation_body("c", attestation, {"t"}, {"me", {"n"}})),
      R"({"challenge":"c","tpmAttestation":{"quotes":[{"hashAlgo":4,)"
      R"("pcrValues":{"10":"AAAAAAAAAAAAAAAAAAAAAAAAAAA="},"rawQuote":"AQID","rawSignature":"BAUG"}],)"
      R"("tcgEventLog":"BwgJ","akCert":"MAA=","certChain":["MAE="]},)"
      R"("tokenOptions":{"tokenType":1,"audience":"me","nonce":["n"]},)"
      R"("gcpCredentials":{"serviceAccountIdTokens":["t"]}})");
}

}  // namespace
}  // namespace assay
