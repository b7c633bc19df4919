// SPDX-License-Identifier: Apache-2.0
#include "services/jwks_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <latch>
#include <thread>

#include "crypto/private_key.h"
#include "host/file.h"
#include "services/jwks_refresher.h"
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

/// Nobody waits where no thread fetches.
constexpr JwksCache::Times kImpatient{.patience = std::chrono::milliseconds(0)};

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
  static std::string find(JwksCache& in, std::string_view kid) {
    const auto found = in.find(kIssuer, kid);
    return !found ? to_string(found.error()) : *found ? (*found)->kid : "none";
  }
  std::string find(std::string_view kid) { return find(cache, kid); }
  void refresh() { cache.refresh_due(kIssuer); }
  void wait(std::chrono::seconds s) { clock.set(clock.now() + s); }

  FakeHttp http;
  FixedClock clock{from_unix_seconds(1'700'000'000)};
  JwksCache cache{{kIssuer}, http, clock, kImpatient};
};

constexpr const char* kFetching = "https://attest.example: its keys are being fetched; try again";

TEST_F(JwksCacheTest, FetchesAtTheStartAndKeeps) {
  refresh();
  EXPECT_EQ(find("a"), "a");
  refresh();
  EXPECT_EQ(find("a"), "a");
  EXPECT_EQ(http.calls, 2);
  EXPECT_TRUE(cache.knows(kIssuer));
  EXPECT_FALSE(cache.knows(std::string(kIssuer) + "/"));
}

TEST_F(JwksCacheTest, NeverFetchesForTheOneWhoAsks) {
  EXPECT_EQ(find("a"), kFetching);
  EXPECT_EQ(http.calls, 0);
}

TEST_F(JwksCacheTest, FetchesForAnUnknownKidOncePer30Seconds) {
  refresh();
  publish({"a", "b"});
  EXPECT_EQ(find("b"), "none");
  wait(std::chrono::seconds(29));
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(find("b"), "none");
    refresh();
  }
  EXPECT_EQ(http.calls, 2);
  wait(std::chrono::seconds(1));
  refresh();
  EXPECT_EQ(http.calls, 2);  // nobody asked yet
  EXPECT_EQ(find("b"), kFetching);
  refresh();
  EXPECT_EQ(find("b"), "b");
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(find("c"), "none");
    refresh();
  }
  EXPECT_EQ(http.calls, 4);
}

TEST_F(JwksCacheTest, FetchesAnewAfter10MinutesUnasked) {
  refresh();
  wait(std::chrono::minutes(10));
  refresh();
  EXPECT_EQ(http.calls, 2);
  wait(std::chrono::seconds(1));
  refresh();
  EXPECT_EQ(http.calls, 4);
}

TEST_F(JwksCacheTest, LetsGoOfAKeyThatIsNoLongerPublished) {
  refresh();
  publish({"b"});
  wait(std::chrono::minutes(11));
  EXPECT_EQ(find("a"), "a");
  refresh();
  EXPECT_EQ(find("a"), "none");
}

TEST_F(JwksCacheTest, KeepsTheLastGoodKeysThroughAnOutageOfADay) {
  refresh();
  http.answers[kDiscovery].status = 500;
  wait(std::chrono::hours(24));
  refresh();
  EXPECT_EQ(find("a"), "a");
  wait(std::chrono::seconds(1));
  EXPECT_EQ(find("a"), kFetching);
  refresh();
  EXPECT_EQ(find("a"), std::string(kDiscovery) + ": answered 500");
}

TEST_F(JwksCacheTest, KeepsThemThroughDocumentsItCannotUse) {
  refresh();
  for (const char* bad : {"", "[]", "{\"keys\":[]}", "{\"keys\":1}", "not json"}) {
    SCOPED_TRACE(bad);
    http.answers[kKeys].body = bad;
    wait(std::chrono::minutes(11));
    refresh();
    EXPECT_EQ(find("a"), "a");
  }
  EXPECT_EQ(http.calls, 12);
}

TEST_F(JwksCacheTest, SaysWhyThereAreNoKeys) {
  http.unreachable = true;
  refresh();
  EXPECT_EQ(find("a"), std::string(kDiscovery) + ": connection refused");
  http.unreachable = false;
  refresh();
  EXPECT_EQ(find("a"),
            std::string(kDiscovery) + ": connection refused");  // not again within a second
  wait(std::chrono::seconds(1));
  EXPECT_EQ(find("a"), kFetching);
  refresh();
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
    wait(std::chrono::seconds(30));
    refresh();
    EXPECT_EQ(find("a"), std::string(kDiscovery) + ": " + c.why);
  }
}

/// An HTTP client whose answers wait until the test lets them go.
class HeldHttp final : public HttpClient {
 public:
  explicit HeldHttp(const FakeHttp& answers) : answers_(answers) {}
  Result<HttpResponse> send(const HttpCall& call) const override {
    if (++calls == hold_from) {
      asked.count_down();
      let_go.wait();
    }
    return answers_.send(call);
  }
  int hold_from = 1;
  mutable std::atomic<int> calls{0};
  mutable std::latch asked{1}, let_go{1};

 private:
  const FakeHttp& answers_;
};

// What waits in these tests waits for an event that comes, or for good: no time decides.
constexpr JwksCache::Times kPatient{.patience = std::chrono::hours(1), .waiting = 64};

TEST_F(JwksCacheTest, ManyWhoWaitShareOneFetch) {
  const HeldHttp held(http);
  JwksCache patient({kIssuer}, held, clock, kPatient);
  const JwksRefresher refresher(patient);
  held.asked.wait();
  std::atomic<int> found{0};
  {
    std::latch begun{8};
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        begun.count_down();
        found += find(patient, "a") == "a" ? 1 : 0;
      });
    }
    begun.wait();
    held.let_go.count_down();
  }
  EXPECT_EQ(found, 8);
  EXPECT_EQ(held.calls, 2);
}

TEST_F(JwksCacheTest, AnUnknownKidWakesTheRefresher) {
  JwksCache patient({kIssuer}, http, clock, kPatient);
  patient.refresh_due(kIssuer);
  publish({"a", "b"});
  wait(std::chrono::seconds(30));
  const JwksRefresher refresher(patient);
  EXPECT_EQ(find(patient, "b"), "b");
  EXPECT_EQ(http.calls, 4);
}

TEST_F(JwksCacheTest, AnIssuerThatHangsHoldsUpNobodyWhoseKeyIsKnown) {
  HeldHttp held(http);
  held.hold_from = 3;  // the second fetch
  JwksCache patient({kIssuer}, held, clock, kPatient);
  patient.refresh_due(kIssuer);
  wait(std::chrono::minutes(11));
  const JwksRefresher refresher(patient);
  held.asked.wait();
  EXPECT_EQ(find(patient, "a"), "a");
  held.let_go.count_down();
}

TEST_F(JwksCacheTest, OnlyAFewWaitForAnIssuerThatHangs) {
  const HeldHttp held(http);
  JwksCache::Times times = kPatient;
  times.waiting = 0;
  JwksCache busy({kIssuer}, held, clock, times);
  const JwksRefresher refresher(busy);
  held.asked.wait();
  EXPECT_EQ(find(busy, "a"), kFetching);
  held.let_go.count_down();
}

/// An HTTP client that has no memory left.
class ThrowingHttp final : public HttpClient {
 public:
  explicit ThrowingHttp(const FakeHttp& answers) : answers_(answers) {}
  Result<HttpResponse> send(const HttpCall& call) const override {
    if (calls++ == 0) throw std::bad_alloc();
    return answers_.send(call);
  }
  mutable std::atomic<int> calls{0};

 private:
  const FakeHttp& answers_;
};

TEST_F(JwksCacheTest, AFetchThatThrowsIsOverAndTheNextOneWorks) {
  const ThrowingHttp throwing(http);
  JwksCache survivor({kIssuer}, throwing, clock, kImpatient);
  EXPECT_THROW(survivor.refresh_due(kIssuer), std::bad_alloc);
  wait(std::chrono::seconds(30));
  survivor.refresh_due(kIssuer);
  EXPECT_EQ(find(survivor, "a"), "a");
}

class KeptIssuerKeysTest : public JwksCacheTest {
 protected:
  KeptIssuerKeys kept() const { return KeptIssuerKeys::open(directory_).value(); }
  JwksCache restarted() { return {{kIssuer}, http, clock, kImpatient, kept()}; }
  /// The one file that is there.
  std::filesystem::path file() const {
    return std::filesystem::directory_iterator(directory_)->path();
  }
  std::string text() const { return std::string(as_text(read_file(file(), 65536).value())); }
  /// What restarted() finds, and what the operator is told.
  std::pair<std::string, std::string> after_restart() {
    testing::internal::CaptureStderr();
    JwksCache again = restarted();
    std::string told = testing::internal::GetCapturedStderr();
    return {find(again, "a"), std::move(told)};
  }

  TemporaryDirectory temporary_ = TemporaryDirectory::make().value();
  std::filesystem::path directory_ = temporary_.path() / "issuer-keys";
};

TEST_F(KeptIssuerKeysTest, ServeAfterARestartDuringTheIssuersOutage) {
  JwksCache first = restarted();
  first.refresh_due(kIssuer);
  http.unreachable = true;
  wait(std::chrono::hours(24));
  JwksCache second = restarted();
  EXPECT_EQ(find(second, "a"), "a");
  second.refresh_due(kIssuer);
  EXPECT_EQ(find(second, "a"), "a");
  EXPECT_EQ(std::filesystem::status(file()).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);

  wait(std::chrono::seconds(1));
  JwksCache third = restarted();
  third.refresh_due(kIssuer);
  EXPECT_EQ(find(third, "a"), std::string(kDiscovery) + ": connection refused");
}

TEST_F(KeptIssuerKeysTest, AreReplacedByWhatTheIssuerPublishes) {
  JwksCache first = restarted();
  first.refresh_due(kIssuer);
  publish({"b"});
  wait(std::chrono::minutes(11));
  first.refresh_due(kIssuer);
  JwksCache second = restarted();
  EXPECT_EQ(find(second, "b"), "b");
}

TEST_F(KeptIssuerKeysTest, ThatAreDamagedAreAsNoneAndTheOperatorIsTold) {
  JwksCache first = restarted();
  first.refresh_due(kIssuer);
  EXPECT_EQ(after_restart(), std::pair(std::string("a"), std::string()));
  const std::string good = text();
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string out = good;
    const std::size_t at = out.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return at == std::string::npos ? out : out.replace(at, from.size(), to);
  };
  const std::pair<const char*, std::string> cases[] = {
      {"empty", ""},
      {"cut", good.substr(0, good.size() / 2)},
      {"no JSON", "keys"},
      {"another version", changed("\"assay_issuer_keys\":1", "\"assay_issuer_keys\":2")},
      {"another issuer's", changed(kIssuer, "https://other.example")},
      {"from the future", changed("2023-11-14T22:13:20Z", "2023-11-14T22:13:21Z")},
      {"without a time", changed("2023-11-14T22:13:20Z", "then")},
      {"without a key", R"({"assay_issuer_keys":1,"issuer":"https://attest.example",)"
                        R"("fetched":"2023-11-14T22:13:20Z","jwks":{"keys":[]}})"},
      {"too large", good + std::string(512 * 1024, ' ')},
  };
  for (const auto& [name, content] : cases) {
    SCOPED_TRACE(name);
    std::ofstream(file(), std::ios::trunc) << content;
    const auto [found, told] = after_restart();
    EXPECT_EQ(found, kFetching);
    EXPECT_TRUE(told.starts_with("assay: " + directory_.string())) << told;
    EXPECT_TRUE(told.ends_with("; the issuer's keys kept there are not used\n")) << told;
  }
  // And the next fetch mends it.
  JwksCache mended = restarted();
  mended.refresh_due(kIssuer);
  EXPECT_EQ(after_restart(), std::pair(std::string("a"), std::string()));
}

TEST_F(KeptIssuerKeysTest, ThatCannotBeWrittenDoNotStopTheService) {
  JwksCache first = restarted();
  std::filesystem::remove_all(directory_);
  testing::internal::CaptureStderr();
  first.refresh_due(kIssuer);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("cannot create a file beside it"),
            std::string::npos);
  EXPECT_EQ(find(first, "a"), "a");
}

}  // namespace
}  // namespace assay
