// SPDX-License-Identifier: Apache-2.0
#include "emulator/metadata_server.h"

#include <gtest/gtest.h>

#include "collateral/identity.h"
#include "crypto/jwk.h"
#include "crypto/jws.h"

namespace assay {
namespace {

const Instant kNow = from_unix_seconds(1'700'000'000);

struct MetadataServerTest : testing::Test {
  FixedClock clock{kNow};
  VmIdentity identity{.instance = {.zone = "europe-west4-b",
                                   .project_id = "my-project",
                                   .project_number = 117478743145,
                                   .instance_name = "vm",
                                   .instance_id = 9007199254740993},
                      .token_key = PrivateKey::generate_p256()};
  MetadataServer server{identity, Buffer{0x30, 0x00}, clock};

  [[nodiscard]] HttpResponse get(
      const std::string& path, std::vector<std::pair<std::string, std::string>> query = {}) const {
    HttpRequest request{.method = "GET",
                        .path = path,
                        .query = std::move(query),
                        .headers = {},
                        .body = {},
                        .peer = {}};
    request.headers.set("Metadata-Flavor", "Google");
    return server(request);
  }
  [[nodiscard]] json::object verified(const std::string& token, std::string_view typ) const {
    const PublicKey& key = identity.token_key.public_key();
    const auto jws = parse_jws(token);
    EXPECT_TRUE(jws);
    EXPECT_EQ(jws->header.at("typ").as_string(), typ);
    const auto claims = verify_jws(*jws, {jwk_thumbprint(key), JwsAlgorithm::es256, key});
    EXPECT_TRUE(claims);
    return *claims;
  }
};

TEST_F(MetadataServerTest, AnswersWhatClientsAsk) {
  struct Case {
    std::string_view path, body;
  };
  const Case cases[] = {
      {"/", "computeMetadata/\n"},
      {"/computeMetadata/v1/", "instance/\nproject/\nuniverse/\n"},
      {"/computeMetadata/v1/project/project-id", "my-project"},
      {"/computeMetadata/v1/project/numeric-project-id", "117478743145"},
      {"/computeMetadata/v1/instance/zone", "projects/117478743145/zones/europe-west4-b"},
      {"/computeMetadata/v1/instance/id", "9007199254740993"},
      {"/computeMetadata/v1/instance/name", "vm"},
      {"/computeMetadata/v1/instance/preempted", "FALSE"},
      {"/computeMetadata/v1/universe/universe-domain", "googleapis.com"},
      {"/computeMetadata/v1/instance/service-accounts/default/email",
       "default@my-project.iam.assay-emulator.invalid"},
      {"/computeMetadata/v1/instance/service-accounts/default/", "aliases\nemail\nscopes\n"},
      {"/computeMetadata/v1/instance/service-accounts/"
       "default@my-project.iam.assay-emulator.invalid/email",
       "default@my-project.iam.assay-emulator.invalid"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.path);
    const HttpResponse response = get(std::string(c.path));
    EXPECT_EQ(response.status, 200U);
    EXPECT_EQ(response.body, c.body);
    EXPECT_EQ(response.headers.get("Metadata-Flavor"), "Google");
  }
}

TEST_F(MetadataServerTest, RefusesAsGooglesDoes) {
  HttpRequest request{.method = "GET",
                      .path = "/computeMetadata/v1/instance/id",
                      .query = {},
                      .headers = {},
                      .body = {},
                      .peer = {}};
  EXPECT_EQ(server(request).status, 403U);
  request.headers.set("Metadata-Flavor", "Other");
  EXPECT_EQ(server(request).status, 403U);
  request.headers = {};
  request.headers.set("Metadata-Flavor", "Google");
  EXPECT_EQ(server(request).status, 200U);
  request.headers.set("X-Forwarded-For", "10.0.0.1");
  EXPECT_EQ(server(request).status, 403U);
  request.headers.add("X-Forwarded-For", "10.0.0.2");
  EXPECT_EQ(server(request).status, 403U);
  request.method = "POST";
  EXPECT_EQ(server(request).status, 405U);
  for (const char* missing :
       {"/computeMetadata/v1/instance/nothing", "/computeMetadata/v2/instance/id", "/elsewhere",
        "/computeMetadata/v1/instance/attributes/cluster-name"}) {
    EXPECT_EQ(get(missing).status, 404U) << missing;
  }
}

TEST_F(MetadataServerTest, GivesTheAccountAsJson) {
  const HttpResponse response =
      get("/computeMetadata/v1/instance/service-accounts/default/", {{"recursive", "true"}});
  EXPECT_EQ(response.body,
            R"({"aliases":["default"],"email":"default@my-project.iam.assay-emulator.invalid",)"
            R"("scopes":["https://www.googleapis.com/auth/cloud-platform"]})");
  const HttpResponse project = get("/computeMetadata/v1/project/", {{"recursive", "true"}});
  EXPECT_EQ(project.body,
            R"({"attributes":{},"numericProjectId":117478743145,"projectId":"my-project"})");
}

TEST_F(MetadataServerTest, GivesAccessTokensForTheService) {
  for (const char* account : {"default", "default@my-project.iam.assay-emulator.invalid"}) {
    const HttpResponse response =
        get(std::string("/computeMetadata/v1/instance/service-accounts/") + account + "/token",
            {{"scopes", "x"}});
    ASSERT_EQ(response.status, 200U);
    const auto answer = parse_json_object("answer", response.body);
    ASSERT_TRUE(answer);
    EXPECT_EQ(*json_string(*answer, "token_type"), "Bearer");
    EXPECT_EQ(*json_integer(*answer, "expires_in"), 3599);
    const json::object claims =
        verified(std::string(*json_string(*answer, "access_token")), "at+jwt");
    EXPECT_EQ(*json_string(claims, "aud"), kAccessTokenAudience);
    EXPECT_EQ(*json_string(claims, "iss"),
              "https://identity.assay-emulator.invalid/my-project/9007199254740993");
    EXPECT_EQ(*json_string(claims, "email"), identity.service_account());
    EXPECT_EQ(*json_integer(claims, "exp"), 1'700'003'600);
  }
}

TEST_F(MetadataServerTest, GivesIdentityTokensForTheAudienceAsked) {
  const std::string path = "/computeMetadata/v1/instance/service-accounts/default/identity";
  EXPECT_EQ(get(path).status, 400U);
  EXPECT_EQ(get(path, {{"audience", ""}}).status, 400U);
  const json::object claims =
      verified(get(path, {{"audience", "projects/p/x"}, {"format", "full"}}).body, "JWT");
  EXPECT_EQ(*json_string(claims, "aud"), "projects/p/x");
  EXPECT_TRUE(claims.at("email_verified").as_bool());
  EXPECT_EQ(claims.at("google").at("compute_engine").at("instance_id").as_string(),
            "9007199254740993");
  const json::object short_form = verified(get(path, {{"audience", "a"}}).body, "JWT");
  EXPECT_FALSE(short_form.contains("google"));
}

TEST_F(MetadataServerTest, ServesTheIntermediateToAnybody) {
  const HttpResponse response = server({.method = "GET",
                                        .path = "/aia/intermediate.crt",
                                        .query = {},
                                        .headers = {},
                                        .body = {},
                                        .peer = {}});
  EXPECT_EQ(response.status, 200U);
  EXPECT_EQ(response.body, std::string("\x30\x00", 2));
  EXPECT_EQ(response.headers.get("Content-Type"), "application/pkix-cert");
}

}  // namespace
}  // namespace assay
