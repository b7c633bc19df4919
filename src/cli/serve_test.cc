// SPDX-License-Identifier: Apache-2.0
#include "cli/serve.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/json.h"
#include "cli/release_serve.h"
#include "emulator/vendor_ca.h"
#include "host/file.h"
#include "host/system_clock.h"
#include "http/client.h"

namespace assay {
namespace {

ServeOptions serve_options() {
  ServeOptions options;
  options.listen = "127.0.0.1:0";
  options.trust = {"google"};
  options.mode = ServiceMode::development;
  return options;
}

ReleaseServeOptions release_options() {
  ReleaseServeOptions options;
  options.listen = "127.0.0.1:0";
  options.issuers = {"http://127.0.0.1:1"};
  options.audience = "https://release.example";
  options.mode = ServiceMode::development;
  return options;
}

std::string where(const ServeOptions& options) {
  const auto server = AttestationServer::start(options);
  return server ? "started" : server.error().where;
}

std::string where(const ReleaseServeOptions& options) {
  const auto server = ReleaseServer::start(options);
  return server ? "started" : server.error().where;
}

HttpResponse get(const std::string& url) {
  HttpCall call;
  call.url = url;
  auto answer = make_http_client()->send(call);
  EXPECT_TRUE(answer);
  return answer ? std::move(*answer) : HttpResponse{};
}

TEST(Serve, NamesTheOptionToMend) {
  EXPECT_EQ(where(serve_options()), "started");
  struct Case {
    const char* name;
    void (*change)(ServeOptions&);
    const char* where;
  };
  const Case cases[] = {
      {"trusts nobody", [](auto& o) { o.trust.clear(); }, "--trust"},
      {"trusts a file that is not there", [](auto& o) { o.trust = {"/nowhere"}; }, "/nowhere"},
      {"keeps nothing in production", [](auto& o) { o.mode = ServiceMode::production; }, "--state"},
      {"has no name of its own", [](auto& o) { o.listen = "0.0.0.0:0"; }, "--issuer"},
      {"has a slash at its issuer's end", [](auto& o) { o.issuer = "https://x/"; }, "--issuer"},
      {"has an issuer that is no URL", [](auto& o) { o.issuer = "x.example"; }, "--issuer"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    ServeOptions options = serve_options();
    c.change(options);
    EXPECT_EQ(where(options), c.where);
  }
}

TEST(Serve, TakesEmulatedMachinesInDevelopmentOnly) {
  const auto directory = TemporaryDirectory::make();
  ASSERT_TRUE(directory);
  const SystemClock clock;
  const auto ca = VendorCa::load_or_make(directory->path(), clock.now());
  ASSERT_TRUE(ca);
  const std::string file = (directory->path() / "trust.pem").string();
  std::ofstream(file) << ca->root().pem();

  const auto development = load_service_trust({"google", file}, ServiceMode::development);
  ASSERT_TRUE(development) << to_string(development.error());
  EXPECT_TRUE(development->emulated());
  const auto production = load_service_trust({"google", file}, ServiceMode::production);
  ASSERT_FALSE(production);
  EXPECT_EQ(production.error().where, "--trust " + file);
  EXPECT_TRUE(load_service_trust({"google"}, ServiceMode::production));
}

TEST(Serve, TakesNoAnchorOrIssuerFromTwoFiles) {
  const auto twice = load_service_trust({"google", "google"}, ServiceMode::production);
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().where, "--trust google");
  EXPECT_NE(twice.error().why.find("is there twice"), std::string::npos) << twice.error().why;
}

TEST(Serve, IsItsOwnIssuerUnlessToldAnother) {
  const auto server = AttestationServer::start(serve_options());
  ASSERT_TRUE(server);
  const std::string url = (*server)->url();
  EXPECT_EQ((*server)->issuer(), url);
  const auto discovery =
      parse_json_object("answer", get(url + "/.well-known/openid-configuration").body);
  ASSERT_TRUE(discovery);
  EXPECT_EQ(discovery->at("issuer").as_string(), url);
  EXPECT_EQ(get(std::string(discovery->at("jwks_uri").as_string())).status, 200u);
  EXPECT_EQ(get(url + "/v1//projects/p/locations").status, 401u);
  EXPECT_EQ(get(url + "/nothing").status, 404u);
}

TEST(Serve, TakesNoLifetimeThatItsReleaseServiceRefuses) {
  for (const std::chrono::seconds bad : {std::chrono::seconds(0), std::chrono::seconds(86401)}) {
    ServeOptions options = serve_options();
    options.token_lifetime = bad;
    EXPECT_EQ(where(options), "--token-lifetime");
  }
}

TEST(Serve, KeepsItsSigningKey) {
  const auto directory = TemporaryDirectory::make();
  ASSERT_TRUE(directory);
  ServeOptions options = serve_options();
  options.state = directory->path() / "state";
  const auto keys = [&] {
    const auto server = AttestationServer::start(options);
    EXPECT_TRUE(server);
    return get((*server)->url() + "/.well-known/jwks").body;
  };
  const std::string before = keys();
  EXPECT_EQ(keys(), before);
}

TEST(ReleaseServe, NamesTheOptionToMend) {
  EXPECT_EQ(where(release_options()), "started");
  struct Case {
    const char* name;
    void (*change)(ReleaseServeOptions&);
    const char* where;
  };
  const Case cases[] = {
      {"fetches keys unprotected",
       [](auto& o) {
         o.mode = ServiceMode::production;
         o.issuers = {"http://attest.example:8080"};
       },
       "--issuer"},
      {"takes a name for loopback",
       [](auto& o) {
         o.mode = ServiceMode::production;
         o.issuers = {"http://127.evil.example"};
       },
       "--issuer"},
      {"hides a host behind a user", [](auto& o) { o.issuers = {"http://localhost:1@x"}; },
       "--issuer"},
      {"takes everybody's default tokens",
       [](auto& o) { o.audience = "https://sts.googleapis.com"; }, "--audience"},
      {"believes nobody", [](auto& o) { o.issuers.clear(); }, "--issuer"},
      {"has an issuer with a slash", [](auto& o) { o.issuers = {"https://x/"}; }, "--issuer"},
      {"has an issuer that is no URL", [](auto& o) { o.issuers = {"x"}; }, "--issuer"},
      {"is nobody", [](auto& o) { o.audience.clear(); }, "--audience"},
      {"has no policy in production", [](auto& o) { o.mode = ServiceMode::production; },
       "--policy"},
      {"has a policy that is not there", [](auto& o) { o.policy = "/nowhere"; }, "/nowhere"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    ReleaseServeOptions options = release_options();
    c.change(options);
    EXPECT_EQ(where(options), c.where);
  }
}

TEST(ReleaseServe, AnswersWithoutAToken) {
  const auto server = ReleaseServer::start(release_options());
  ASSERT_TRUE(server);
  EXPECT_EQ((*server)->secrets(), (std::vector<std::string>{kDemoSecretName}));
  const HttpResponse refused = get((*server)->url() + "/v1/secrets/hello");
  EXPECT_EQ(refused.status, 401u);
  EXPECT_EQ(refused.body.find(kDemoSecret), std::string::npos);
}

}  // namespace
}  // namespace assay
