// SPDX-License-Identifier: Apache-2.0
#include "services/caller.h"

#include <gtest/gtest.h>

#include "services/testing.h"

namespace assay {
namespace {

const Instant kNow = from_unix_seconds(1'700'000'000);

Trust trust() {
  Trust out;
  out.identities.push_back(test_identity_issuer());
  return out;
}

HttpRequest bearing(const std::string& token) {
  HttpRequest request;
  request.headers.set("Authorization", "Bearer " + token);
  return request;
}

std::string why(const std::string& token) {
  const Trust t = trust();
  const auto caller = authenticate_caller(bearing(token), t, kNow);
  return caller ? "accepted" : to_string(caller.error());
}

TEST(Caller, IsTheHolderOfAnAccessToken) {
  const Trust t = trust();
  const auto caller = authenticate_caller(bearing(access_token(kNow)), t, kNow);
  ASSERT_TRUE(caller) << to_string(caller.error());
  EXPECT_EQ(caller->principal, kTestEmail);
  EXPECT_EQ(caller->issuer, &t.identities[0]);
}

TEST(Caller, IsNobodyWithoutAGoodToken) {
  const Trust t = trust();
  EXPECT_FALSE(authenticate_caller(HttpRequest{}, t, kNow));
  EXPECT_NE(why("garbage"), "accepted");

  json::object claims = access_claims(kNow);
  EXPECT_EQ(why(sign_identity(claims, "JWT")),
            "access token: header typ must be \"at+jwt\", got \"JWT\"");

  claims["aud"] = "https://elsewhere";
  EXPECT_EQ(why(sign_identity(claims, kAccessTokenType)),
            "access token: token.audience: expected https://assay/confidentialcomputing, got "
            "\"https://elsewhere\"");

  claims = access_claims(kNow);
  claims["iss"] = "https://other.example";
  EXPECT_EQ(why(sign_identity(claims, kAccessTokenType)),
            "access token: issuer \"https://other.example\" is not trusted here");

  claims = access_claims(kNow - std::chrono::hours(2));
  EXPECT_EQ(why(sign_identity(claims, kAccessTokenType)).substr(0, 27),
            "access token: token.expired");

  claims = access_claims(kNow);
  claims.erase("email");
  EXPECT_EQ(why(sign_identity(claims, kAccessTokenType)), "access token: email: missing");

  claims["email"] = "a\nb@example.com";
  EXPECT_EQ(why(sign_identity(claims, kAccessTokenType)),
            "access token: email must be 1 to 256 printable characters");
}

TEST(Caller, IsNobodyWithATokenOfAnotherKey) {
  const PrivateKey other = PrivateKey::generate_p256();
  const std::string kid = jwk_thumbprint(other.public_key());
  EXPECT_EQ(why(sign_jws(access_claims(kNow), other, kid, kAccessTokenType)),
            "access token: no key \"" + kid + "\" of https://identity.example");
  // The right kid does not help a wrong key.
  const std::string forged =
      sign_jws(access_claims(kNow), other, jwk_thumbprint(test_identity_key().public_key()),
               kAccessTokenType);
  EXPECT_NE(why(forged), "accepted");
}

TEST(IdentityToken, ProvesAnEmailToTheAudienceItWasMadeFor) {
  const Trust t = trust();
  const std::string challenge = "projects/p/locations/l/challenges/c";
  const auto verify = [&](const json::object& claims, std::string_view typ) -> std::string {
    const auto proven = verify_identity_token(sign_identity(claims, typ), challenge, t, kNow);
    return proven ? proven->principal : to_string(proven.error());
  };
  EXPECT_EQ(verify(identity_claims(kNow, challenge), "JWT"), kTestEmail);
  EXPECT_EQ(verify(identity_claims(kNow, challenge + "x"), "JWT").substr(0, 30),
            "identity token: token.audience");
  EXPECT_EQ(verify(identity_claims(kNow, challenge), kAccessTokenType),
            "identity token: header typ must be \"JWT\", got \"at+jwt\"");
  json::object claims = identity_claims(kNow, challenge);
  claims["email_verified"] = false;
  EXPECT_EQ(verify(claims, "JWT"), "identity token: email_verified must be true");
  claims.erase("email_verified");
  EXPECT_EQ(verify(claims, "JWT"), "identity token: email_verified must be true");
  claims = identity_claims(kNow, challenge);
  claims["email"] = "somebody.else@other-project.iam.gserviceaccount.com";
  EXPECT_EQ(verify(claims, "JWT"),
            "identity token: its issuer is not trusted with this e-mail: no grant names it");
}

TEST(Role, HoldsWhatItsTableSays) {
  struct Case {
    const char* role;
    bool create, verify, get, list;
  };
  const Case cases[] = {
      {"roles/confidentialcomputing.admin", true, true, true, true},
      {"roles/confidentialcomputing.viewer", false, false, true, true},
      {"roles/confidentialcomputing.workloadUser", true, true, true, true},
      {"roles/confidentialcomputing.gkeWorkloadUser", true, false, true, true},
      {"roles/owner", false, false, false, false},
      {"", false, false, false, false},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.role);
    EXPECT_EQ(role_holds(c.role, permission::kChallengesCreate), c.create);
    EXPECT_EQ(role_holds(c.role, permission::kChallengesVerify), c.verify);
    EXPECT_EQ(role_holds(c.role, permission::kLocationsGet), c.get);
    EXPECT_EQ(role_holds(c.role, permission::kLocationsList), c.list);
    EXPECT_FALSE(role_holds(c.role, "confidentialcomputing.challenges.verifygke"));
  }
}

TEST(Grant, HoldsForItsPrincipalAndProjectOnly) {
  const IdentityIssuer issuer = test_identity_issuer();
  EXPECT_TRUE(is_granted({kTestEmail, &issuer}, permission::kChallengesCreate, "my-project"));
  EXPECT_FALSE(is_granted({kTestEmail, &issuer}, permission::kChallengesCreate, "my-project2"));
  EXPECT_FALSE(is_granted({kTestEmail, &issuer}, permission::kChallengesCreate, ""));
  EXPECT_FALSE(
      is_granted({"other@example.com", &issuer}, permission::kChallengesCreate, "my-project"));
  EXPECT_FALSE(is_granted({kTestEmail, &issuer}, "confidentialcomputing.challenges.verifygke",
                          "my-project"));
}

}  // namespace
}  // namespace assay
