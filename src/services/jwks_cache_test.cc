// SPDX-License-Identifier: Apache-2.0
#include "services/jwks_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "crypto/private_key.h"
#include "services/testing.h"

namespace assay {
namespace {

constexpr const char* kIssuer = "https://attest.example";
constexpr const char* kDiscovery = "https://attest.example/.well-known/openid-configuration";
constexpr const char* kKeys = "https://attest.example/keys";

Jwk key(std::string kid) {
  static const PublicKey any = PrivateKey::generate_p256().public_key();
  return {std::move(kid), JwsAlgorithm::es256, any};
}

class JwksCacheTest : public testing::Test {
 protected:
  JwksCacheTest() {
    http.answers[kDiscovery] = {
        200, json::serialize(json::object{{"issuer", kIssuer}, {"jwks_uri", kKeys}})};
    publish({"a"});
  }
  void publish(const std::vector<std::string>& kids) {
    std::vector<Jwk> keys;
    for (const std::string& kid : kids) keys.push_back(key(kid));
    http.answers[kKeys] = {200, json::serialize(JwkSet(keys).to_json())};
  }
  std::string find(std::string_view kid) {
    const auto found = cache.find(kIssuer, kid);
    return !found ? to_string(found.error()) : *found ? (*found)->kid : "none";
  }
  void wait(std::chrono::seconds s) { clock.set(clock.now() + s); }

  FakeHttp http;
  FixedClock clock{from_unix_seconds(1'700'000'000)};
  JwksCache cache{{kIssuer}, http, clock};
};

TEST_F(JwksCacheTest, FetchesOnceAndKeeps) {
  EXPECT_EQ(find("a"), "a");
  EXPECT_EQ(find("a"), "a");
  EXPECT_EQ(http.calls, 2);
  EXPECT_TRUE(cache.knows(kIssuer));
  EXPECT_FALSE(cache.knows(std::string(kIssuer) + "/"));
}

TEST_F(JwksCacheTest, AsksAgainForAnUnknownKidOncePer30Seconds) {
  EXPECT_EQ(find("a"), "a");
  publish({"a", "b"});
  EXPECT_EQ(find("b"), "none");
  wait(std::chrono::seconds(29));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(find("b"), "none");
  EXPECT_EQ(http.calls, 2);
  wait(std::chrono::seconds(1));
  EXPECT_EQ(find("b"), "b");
  for (int i = 0; i < 100; ++i) EXPECT_EQ(find("c"), "none");
  EXPECT_EQ(http.calls, 4);
}

TEST_F(JwksCacheTest, LetsGoOfAKeyThatIsNoLongerPublished) {
  EXPECT_EQ(find("a"), "a");
  publish({"b"});
  wait(std::chrono::minutes(11));
  EXPECT_EQ(find("a"), "none");
}

TEST_F(JwksCacheTest, KeepsTheLastGoodKeysThroughAnOutageOfADay) {
  EXPECT_EQ(find("a"), "a");
  http.answers[kDiscovery].status = 500;
  wait(std::chrono::hours(24));
  EXPECT_EQ(find("a"), "a");
  wait(std::chrono::seconds(1));
  EXPECT_EQ(find("a"), std::string(kDiscovery) + ": answered 500");
}

TEST_F(JwksCacheTest, KeepsThemThroughDocumentsItCannotUse) {
  EXPECT_EQ(find("a"), "a");
  for (const char* bad : {"", "[]", "{\"keys\":[]}", "{\"keys\":1}", "not json"}) {
    SCOPED_TRACE(bad);
    http.answers[kKeys].body = bad;
    wait(std::chrono::minutes(11));
    EXPECT_EQ(find("a"), "a");
  }
}

TEST_F(JwksCacheTest, SaysWhyThereAreNoKeys) {
  http.unreachable = true;
  EXPECT_EQ(find("a"), std::string(kDiscovery) + ": connection refused");
  http.unreachable = false;
  EXPECT_EQ(find("a"),
            std::string(kDiscovery) + ": connection refused");  // not again within a second
  wait(std::chrono::seconds(1));
  EXPECT_EQ(find("a"), "a");
}

TEST_F(JwksCacheTest, BelievesOnlyTheDocumentOfItsIssuer) {
  struct Case {
    const char* name;
    json::object document;
    const char* why;
  };
  const Case cases[] = {
      {"another issuer",
       {{"issuer", "https://evil.example"}, {"jwks_uri", kKeys}},
       "its issuer must be https://attest.example byte for byte"},
      {"the issuer with a slash",
       {{"issuer", "https://attest.example/"}, {"jwks_uri", kKeys}},
       "its issuer must be https://attest.example byte for byte"},
      {"no issuer",
       {{"jwks_uri", kKeys}},
       "its issuer must be https://attest.example byte for byte"},
      {"a file",
       {{"issuer", kIssuer}, {"jwks_uri", "file:///etc/passwd"}},
       "jwks_uri must be an http or https URL"},
      {"no keys", {{"issuer", kIssuer}}, "jwks_uri must be an http or https URL"},
      {"a downgrade",
       {{"issuer", kIssuer}, {"jwks_uri", "http://attest.example/keys"}},
       "an https issuer must have an https jwks_uri"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    http.answers[kDiscovery].body = json::serialize(c.document);
    wait(std::chrono::seconds(1));
    EXPECT_EQ(find("a"), std::string(kDiscovery) + ": " + c.why);
  }
}

TEST_F(JwksCacheTest, ManyAtOnceFetchOnce) {
  std::atomic<int> found{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { found += find("a") == "a" ? 1 : 0; });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(found, 8);
  EXPECT_EQ(http.calls, 2);
}

}  // namespace
}  // namespace assay
