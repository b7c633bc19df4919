// SPDX-License-Identifier: Apache-2.0
#include "collect/metadata.h"

#include <gtest/gtest.h>

#include <map>

namespace assay {
namespace {

/// Answers from a table, like a metadata server at 127.0.0.1:1.
class TableHttp final : public HttpClient {
 public:
  std::map<std::string, HttpResponse> answers;
  Result<HttpResponse> send(const HttpCall& call) const override {
    EXPECT_EQ(call.headers.get("Metadata-Flavor"), "Google");
    const std::string base = "http://127.0.0.1:1/computeMetadata/v1/";
    EXPECT_EQ(call.url.substr(0, base.size()), base);
    const auto found = answers.find(call.url.substr(base.size()));
    if (found == answers.end()) return text_response(404, "not found");
    return found->second;
  }
};

struct Metadata : testing::Test {
  void SetUp() override {
    http.answers["project/project-id"] = text_response(200, "my-project");
    http.answers["project/numeric-project-id"] = text_response(200, "117478743145");
    http.answers["instance/zone"] =
        text_response(200, "projects/117478743145/zones/us-central1-a\n");
    http.answers["instance/id"] = text_response(200, "9223372036854775809");
    http.answers["instance/name"] = text_response(200, "vm");
    http.answers["instance/service-accounts/default/token"] =
        text_response(200, R"({"access_token":"abc","expires_in":60,"token_type":"Bearer"})");
    http.answers
        ["instance/service-accounts/default/identity?audience=projects%2Fp%2Fx&format=full"] =
        text_response(200, "a.b.c");
  }
  TableHttp http;
  MetadataClient client{http, "127.0.0.1:1"};
};

TEST_F(Metadata, TellsWhichInstanceThisIs) {
  const auto instance = client.instance();
  ASSERT_TRUE(instance) << to_string(instance.error());
  EXPECT_EQ(*instance,
            (GceInstance{"us-central1-a", "my-project", 117478743145, "vm", 9223372036854775809U}));
  EXPECT_EQ(client.region(), "us-central1");
}

TEST_F(Metadata, GivesTokens) {
  EXPECT_EQ(client.access_token(), "abc");
  EXPECT_EQ(client.identity_token("projects/p/x"), "a.b.c");
}

TEST_F(Metadata, NamesTheUrlThatFailed) {
  http.answers.erase("instance/service-accounts/default/token");
  const auto token = client.access_token();
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().fault, Fault::unavailable);
  EXPECT_EQ(token.error().where,
            "http://127.0.0.1:1/computeMetadata/v1/instance/service-accounts/default/token");
  EXPECT_NE(token.error().why.find("404"), std::string::npos);
}

TEST_F(Metadata, RefusesAnswersThatMakeNoSense) {
  http.answers["instance/id"] = text_response(200, "12x");
  EXPECT_FALSE(client.instance());
  http.answers["instance/zone"] = text_response(200, "here");
  EXPECT_FALSE(client.region());
  http.answers["instance/service-accounts/default/token"] = text_response(200, "{}");
  EXPECT_FALSE(client.access_token());
}

}  // namespace
}  // namespace assay
