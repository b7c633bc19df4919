// SPDX-License-Identifier: Apache-2.0
#include "services/release_service.h"

#include <gtest/gtest.h>
#include <openssl/hmac.h>

#include "base/base64.h"
#include "crypto/hash.h"
#include "crypto/jws.h"
#include "crypto/private_key.h"
#include "services/testing.h"
#include "store/sqlite_stores.h"

namespace assay {
namespace {

constexpr const char* kIssuer = "https://attest.example";
constexpr const char* kAudience = "https://release.example";
constexpr std::int64_t kNow = 1'700'000'000;

constexpr const char* kPolicy = R"(
[secrets."db-password"]
hwmodel = ["GCP_AMD_SEV"]
secboot = [true]
[secrets."never-stored"]
hwmodel = ["GCP_AMD_SEV"]
[secrets."emulated-too"]
secboot = [true]
)";

const PrivateKey& issuer_key() {
  static const PrivateKey key = PrivateKey::generate_rsa();
  return key;
}
std::string issuer_kid() { return jwk_thumbprint(issuer_key().public_key()); }

/// A log that can be made to fail.
class SwitchedLog final : public AuditLog {
 public:
  Result<std::string> append(const AuditRecord& record, Instant now) override {
    if (broken) return fail(Fault::unavailable, "audit.db", "disk full");
    return log_->append(record, now);
  }
  Result<std::vector<json::object>> read(const Query& query) const override {
    return log_->read(query);
  }
  bool broken = false;

 private:
  std::unique_ptr<AuditLog> log_ = make_memory_audit_log();
};

json::object claims() {
  return {{"iss", kIssuer},
          {"aud", kAudience},
          {"sub", "https://compute.example/instances/vm"},
          {"iat", kNow},
          {"nbf", kNow},
          {"exp", kNow + 3600},
          {"hwmodel", "GCP_AMD_SEV"},
          {"secboot", true},
          {"submods", json::object{{"gce", json::object{{"project_id", "my-project"}}}}}};
}

std::string token_of(const json::object& payload) {
  return sign_jws(payload, issuer_key(), issuer_kid());
}
std::string good_token() { return token_of(claims()); }

/// A token with this header and signature bytes over our payload.
std::string crafted(const json::object& header,
                    const std::function<Buffer(const std::string&)>& sign) {
  const std::string input = base64url(as_bytes(json::serialize(header))) + "." +
                            base64url(as_bytes(json::serialize(claims())));
  return input + "." + base64url(sign(input));
}

class ReleaseServiceTest : public testing::Test {
 protected:
  ReleaseServiceTest() {
    http.answers["https://attest.example/.well-known/openid-configuration"] = {
        200, json::serialize(
                 json::object{{"issuer", kIssuer}, {"jwks_uri", "https://attest.example/keys"}})};
    http.answers["https://attest.example/keys"] = {
        200,
        json::serialize(
            JwkSet({{issuer_kid(), JwsAlgorithm::rs256, issuer_key().public_key()}}).to_json())};
    keys.refresh_due(kIssuer);
    EXPECT_TRUE(secrets->put("db-password", Secret(to_buffer(as_bytes("s3cret\n")))));
    EXPECT_TRUE(secrets->put("unlisted", Secret(to_buffer(as_bytes("x")))));
    EXPECT_TRUE(secrets->put("emulated-too", Secret(to_buffer(as_bytes("e")))));
  }

  HttpResponse get(const std::string& secret, const std::string& token) {
    HttpRequest request{"GET", "/v1/secrets/" + secret, {}, {}, {}, "127.0.0.1:9"};
    request.headers.set("Authorization", "Bearer " + token);
    return service(request);
  }
  std::vector<json::object> entries() const { return *log.read({}); }
  json::value last_record() { return entries().back().at("jsonPayload"); }

  FakeHttp http;
  FixedClock clock{from_unix_seconds(kNow)};
  JwksCache keys{{kIssuer}, http, clock, {.patience = std::chrono::milliseconds(0)}};
  ClaimsPolicy policy = *ClaimsPolicy::parse("test", kPolicy);
  std::unique_ptr<SecretStore> secrets = make_memory_secrets();
  SwitchedLog log;
  ReleaseService service{{.audience = kAudience}, policy, keys, *secrets, log, clock};
};

TEST_F(ReleaseServiceTest, GivesTheSecretToTheTokenThePolicyAsksFor) {
  const std::string token = good_token();
  const HttpResponse answer = get("db-password", token);
  ASSERT_EQ(answer.status, 200u) << answer.body;
  EXPECT_EQ(answer.body, "s3cret\n");
  EXPECT_EQ(answer.headers.get("Content-Type"), "application/octet-stream");
  EXPECT_EQ(answer.headers.get("Cache-Control"), "no-store");

  ASSERT_EQ(entries().size(), 1u);
  EXPECT_EQ(entries().at(0).at("logName").as_string(), "projects/my-project/logs/release");
  EXPECT_EQ(last_record().at("event").as_string(), "secret.released");
  EXPECT_EQ(last_record().at("secret").as_string(), "db-password");
  EXPECT_EQ(last_record().at("token_sha256").as_string(), sha256_hex(as_bytes(token)));
  EXPECT_EQ(json::serialize(entries().at(0)).find("s3cret"), std::string::npos);
  EXPECT_EQ(json::serialize(entries().at(0)).find(token), std::string::npos);
}

TEST_F(ReleaseServiceTest, AnswersNoTokenWith401AndNoErrorCode) {
  const HttpResponse answer =
      service(HttpRequest{"GET", "/v1/secrets/db-password", {}, {}, {}, "127.0.0.1:9"});
  EXPECT_EQ(answer.status, 401u);
  EXPECT_EQ(answer.headers.get("WWW-Authenticate"), "Bearer realm=\"assay\"");
  EXPECT_EQ(answer.headers.get("Content-Type"), "application/problem+json");
  EXPECT_EQ(parsed(answer.body).at("check").as_string(), "token.present");
  EXPECT_EQ(last_record().at("event").as_string(), "secret.refused");
  EXPECT_EQ(entries().at(0).at("severity").as_string(), "WARNING");
}

TEST_F(ReleaseServiceTest, RefusesATokenByTheCheckItFails) {
  const auto with = [](const char* claim, const json::value& value) {
    json::object changed = claims();
    changed[claim] = value;
    return token_of(changed);
  };
  const auto rs256 = [](const std::string& input) {
    return issuer_key().sign_rsassa(HashAlgorithm::sha256, as_bytes(input));
  };
  const auto hs256_with_public_key = [](const std::string& input) {
    const std::string pem = issuer_key().public_key().pem();
    Buffer mac(32);
    unsigned size = 32;
    const Bytes message = as_bytes(input);
    HMAC(EVP_sha256(), pem.data(), static_cast<int>(pem.size()), message.data(), message.size(),
         mac.data(), &size);
    return mac;
  };
  const std::string kid = issuer_kid();
  const PrivateKey attacker = PrivateKey::generate_rsa();
  const std::string attacker_kid = jwk_thumbprint(attacker.public_key());
  std::string flipped = good_token();
  flipped[flipped.size() - 20] = flipped[flipped.size() - 20] == 'A' ? 'B' : 'A';
  std::string other_claims = good_token();
  other_claims[other_claims.find('.') + 20] ^= 1;

  struct Case {
    const char* name;
    std::string token;
    const char* check;
  };
  const Case cases[] = {
      {"garbage", "garbage", "token.format"},
      {"two parts", "e30.e30", "token.format"},
      {"four parts", good_token() + ".e30", "token.format"},
      {"more than 16 KiB", std::string(20'000, 'a'), "token.format"},
      {"alg none", crafted({{"alg", "none"}, {"kid", kid}}, [](auto&) { return Buffer(); }),
       "token.algorithm"},
      {"alg None with a signature", crafted({{"alg", "None"}, {"kid", kid}}, rs256),
       "token.algorithm"},
      {"HS256 with the public key as secret",
       crafted({{"alg", "HS256"}, {"kid", kid}}, hs256_with_public_key), "token.algorithm"},
      {"RS512", crafted({{"alg", "RS512"}, {"kid", kid}}, rs256), "token.algorithm"},
      {"ES256 with an RSA key", crafted({{"alg", "ES256"}, {"kid", kid}}, rs256),
       "token.signature"},
      {"HMAC under RS256", crafted({{"alg", "RS256"}, {"kid", kid}}, hs256_with_public_key),
       "token.signature"},
      {"an access token", sign_jws(claims(), issuer_key(), kid, "at+jwt"), "token.type"},
      {"a type in small letters", sign_jws(claims(), issuer_key(), kid, "jwt"), "token.type"},
      {"a type that is no text", crafted({{"alg", "RS256"}, {"kid", kid}, {"typ", nullptr}}, rs256),
       "token.type"},
      {"an unknown critical header",
       crafted({{"alg", "RS256"}, {"kid", kid}, {"crit", {"x"}}, {"x", 1}}, rs256), "token.format"},
      {"another issuer", with("iss", "https://other.example"), "token.issuer"},
      {"no issuer", with("iss", nullptr), "token.issuer"},
      {"an unknown kid", sign_jws(claims(), issuer_key(), "no-such-key"), "token.key"},
      {"no kid", crafted({{"alg", "RS256"}}, rs256), "token.key"},
      {"a path as kid", crafted({{"alg", "RS256"}, {"kid", "../../etc/passwd"}}, rs256),
       "token.key"},
      {"the attacker's own key", sign_jws(claims(), attacker, attacker_kid), "token.key"},
      {"the attacker's key in the header",
       crafted({{"alg", "RS256"},
                {"kid", attacker_kid},
                {"jku", "https://evil.example/keys"},
                {"jwk", to_json(Jwk{attacker_kid, JwsAlgorithm::rs256, attacker.public_key()})}},
               [&](const std::string& input) {
                 return attacker.sign_rsassa(HashAlgorithm::sha256, as_bytes(input));
               }),
       "token.key"},
      {"the attacker's signature under our kid", sign_jws(claims(), attacker, kid),
       "token.signature"},
      {"a flipped signature", flipped, "token.signature"},
      {"an empty signature",
       crafted({{"alg", "RS256"}, {"kid", kid}}, [](auto&) { return Buffer(); }),
       "token.signature"},
      {"another audience", with("aud", "https://sts.googleapis.com"), "token.audience"},
      {"expired", with("exp", kNow - 60), "token.expired"},
      {"not valid yet", with("nbf", kNow + 61), "token.not_before"},
      {"issued tomorrow", with("iat", kNow + 86400), "token.issued_at"},
      {"living for a year", with("exp", kNow + 365 * 86400), "token.lifetime"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const HttpResponse answer = get("db-password", c.token);
    EXPECT_EQ(answer.status, 401u);
    const json::value body = parsed(answer.body);
    EXPECT_EQ(body.at("check").as_string(), c.check) << answer.body;
    EXPECT_EQ(body.at("status").as_int64(), 401);
    const auto challenge = answer.headers.get("WWW-Authenticate");
    ASSERT_TRUE(challenge);
    EXPECT_TRUE(challenge->starts_with(
        "Bearer realm=\"assay\", error=\"invalid_token\", error_description=\"" +
        std::string(c.check)))
        << *challenge;
    EXPECT_EQ(last_record().at("check").as_string(), c.check);
    EXPECT_EQ(json::serialize(last_record()).find(c.token), std::string::npos);
  }
  // Without a type it may be an attestation token, and is.
  EXPECT_EQ(get("db-password", crafted({{"alg", "RS256"}, {"kid", kid}}, rs256)).status, 200u);
  // A changed payload may break its JSON or its signature, but never passes.
  EXPECT_EQ(get("db-password", other_claims).status, 401u);
  EXPECT_FALSE(http.answers.contains("https://evil.example/keys"));
  EXPECT_EQ(get("db-password", good_token()).status, 200u);  // and it still serves
}

TEST_F(ReleaseServiceTest, NamesAllThatIsWrongWithAToken) {
  json::object wrong = claims();
  wrong["aud"] = "https://elsewhere.example";
  wrong["exp"] = kNow - 3600;
  wrong["iat"] = kNow - 7200;
  const HttpResponse answer = get("db-password", token_of(wrong));
  const json::value body = parsed(answer.body);
  ASSERT_EQ(body.at("checks").as_array().size(), 2u);
  EXPECT_EQ(body.at("checks").at(0).at("id").as_string(), "token.audience");
  EXPECT_EQ(body.at("checks").at(1).at("id").as_string(), "token.expired");
}

TEST_F(ReleaseServiceTest, RefusesWhatThePolicyDoesNotAllow) {
  json::object other = claims();
  other["hwmodel"] = "GCP_SHIELDED_VM";
  other["secboot"] = false;
  const HttpResponse answer = get("db-password", token_of(other));
  EXPECT_EQ(answer.status, 403u);
  const json::value body = parsed(answer.body);
  EXPECT_EQ(body.at("checks").as_array().size(), 2u);
  EXPECT_TRUE(answer.headers.get("WWW-Authenticate")
                  ->starts_with("Bearer realm=\"assay\", error=\"insufficient_scope\""));
  EXPECT_EQ(answer.body.find("s3cret"), std::string::npos);
  // Which values would pass is for the record, and the token's owner is told what was asked.
  const std::string told = answer.body + std::string(*answer.headers.get("WWW-Authenticate"));
  EXPECT_EQ(told.find("GCP_AMD_SEV"), std::string::npos) << told;
  EXPECT_EQ(told.find("expected"), std::string::npos) << told;
  EXPECT_EQ(
      json::serialize(body.at("checks").at(0)),
      R"({"id":"policy.claim/hwmodel","verdict":"fail","asks":"Has the token this claim, )"
      R"(with a value that the policy lists?","got":"\"GCP_SHIELDED_VM\"","hint":"this VM may )"
      R"(not have this secret, or the policy must list it"})");
  EXPECT_EQ(body.at("detail").as_string(),
            "policy.claim/hwmodel: got \"GCP_SHIELDED_VM\"; this VM may not have this secret, or "
            "the policy must list it");
  EXPECT_EQ(last_record().at("message").as_string(),
            "policy.claim/hwmodel: expected \"GCP_AMD_SEV\", got \"GCP_SHIELDED_VM\"; this VM may "
            "not have this secret, or the policy must list it");
  EXPECT_EQ(last_record().at("event").as_string(), "secret.refused");
  EXPECT_EQ(last_record().at("sub").as_string(), "https://compute.example/instances/vm");
}

TEST_F(ReleaseServiceTest, DoesNotTellAMissingSecretFromAForbiddenOne) {
  const auto body_without_name = [&](const std::string& secret) {
    const HttpResponse answer = get(secret, good_token());
    EXPECT_EQ(answer.status, 403u);
    std::string text = answer.body + std::string(*answer.headers.get("WWW-Authenticate"));
    for (std::size_t at; (at = text.find(secret)) != std::string::npos;)
      text.replace(at, secret.size(), "NAME");
    return text;
  };
  const std::string unlisted = body_without_name("unlisted");
  EXPECT_EQ(body_without_name("never-stored"), unlisted);
  EXPECT_EQ(body_without_name("nowhere-at-all"), unlisted);
}

TEST_F(ReleaseServiceTest, RefusesATokenOfAMachineThatCanBeDebugged) {
  for (const json::value& state : {json::value("enabled"), json::value(true), json::value("")}) {
    json::object changed = claims();
    changed["dbgstat"] = state;
    const HttpResponse answer = get("db-password", token_of(changed));
    EXPECT_EQ(answer.status, 403u);
    EXPECT_EQ(parsed(answer.body).at("check").as_string(), "policy.debug");
  }
  json::object closed = claims();
  closed["dbgstat"] = "disabled-since-boot";
  EXPECT_EQ(get("db-password", token_of(closed)).status, 200u);
}

/// Secrets that cannot be read.
class BrokenSecrets final : public SecretStore {
 public:
  Status put(const std::string&, const Secret&) override { return broken(); }
  Result<Secret> get(const std::string&) const override { return pass_on(broken()); }
  Result<std::vector<std::string>> list() const override { return pass_on(broken()); }
  Status remove(const std::string&) override { return broken(); }

 private:
  static Status broken() { return fail(Fault::unavailable, "/srv/secrets.db", "disk I/O error"); }
};

TEST_F(ReleaseServiceTest, ABrokenStoreIsNotAMissingSecretAndIsTheOperatorsToKnow) {
  const BrokenSecrets unreadable;
  const ReleaseService broken{{.audience = kAudience}, policy, keys, unreadable, log, clock};
  HttpRequest request{"GET", "/v1/secrets/db-password", {}, {}, {}, "127.0.0.1:9"};
  request.headers.set("Authorization", "Bearer " + good_token());
  testing::internal::CaptureStderr();
  const HttpResponse answer = broken(request);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "assay: /srv/secrets.db: disk I/O error\n");
  EXPECT_EQ(answer.status, 503u);
  EXPECT_EQ(answer.body.find("/srv"), std::string::npos) << answer.body;
  EXPECT_EQ(last_record().at("event").as_string(), "secret.refused");
  EXPECT_EQ(last_record().at("status").as_int64(), 503);
}

TEST_F(ReleaseServiceTest, RefusesEmulatedMachinesUnlessItIsForDevelopment) {
  json::object emulated = claims();
  emulated["hwmodel"] = "ASSAY_EMULATED_GCP_AMD_SEV";
  const HttpResponse answer = get("emulated-too", token_of(emulated));
  EXPECT_EQ(answer.status, 403u);
  EXPECT_EQ(parsed(answer.body).at("check").as_string(), "policy.hardware");
  emulated.erase("hwmodel");  // unknown is not hardware
  EXPECT_EQ(get("emulated-too", token_of(emulated)).status, 403u);

  emulated["hwmodel"] = "ASSAY_EMULATED_GCP_AMD_SEV";
  const ReleaseService development{
      {.audience = kAudience,
       .emulated = ReleaseSettings::EmulatedTokens::accepted_for_development},
      policy,
      keys,
      *secrets,
      log,
      clock};
  HttpRequest request{"GET", "/v1/secrets/emulated-too", {}, {}, {}, "127.0.0.1:9"};
  request.headers.set("Authorization", "Bearer " + token_of(emulated));
  EXPECT_EQ(development(request).status, 200u);
}

TEST_F(ReleaseServiceTest, NoRecordNoSecret) {
  log.broken = true;
  const HttpResponse answer = get("db-password", good_token());
  EXPECT_EQ(answer.status, 503u);
  EXPECT_EQ(answer.body.find("s3cret"), std::string::npos);
  EXPECT_EQ(get("db-password", "garbage").status, 503u);
  log.broken = false;
  EXPECT_EQ(get("db-password", good_token()).status, 200u);
}

TEST_F(ReleaseServiceTest, RefusalsOfTheUnknownCannotFillTheLog) {
  const ReleaseService small{{.audience = kAudience, .refusals = {.per_second = 1, .burst = 3}},
                             policy,
                             keys,
                             *secrets,
                             log,
                             clock};
  const auto ask = [&](const std::string& token) {
    HttpRequest request{"GET", "/v1/secrets/db-password", {}, {}, {}, "127.0.0.1:9"};
    if (!token.empty()) request.headers.set("Authorization", "Bearer " + token);
    return small(request);
  };
  for (const char* token : {"", "garbage", "garbage"}) EXPECT_EQ(ask(token).status, 401u);
  for (int i = 0; i < 50; ++i) {
    const HttpResponse answer = ask(i % 2 == 0 ? "" : "garbage");
    EXPECT_EQ(answer.status, 429u);
    EXPECT_EQ(answer.headers.get("Retry-After"), "1");
    EXPECT_EQ(parsed(answer.body).at("type").as_string(), "urn:assay:problem:too-many-refusals");
  }
  EXPECT_EQ(entries().size(), 3u);

  // Who has a token that is in order is not held up, whatever others do, and is recorded.
  EXPECT_EQ(ask(good_token()).status, 200u);
  EXPECT_EQ(last_record().at("event").as_string(), "secret.released");
  json::object other = claims();
  other["secboot"] = false;
  EXPECT_EQ(ask(token_of(other)).status, 403u);
  EXPECT_EQ(entries().size(), 5u);

  clock.set(clock.now() + std::chrono::seconds(2));
  EXPECT_EQ(ask(good_token()).status, 200u);
  ASSERT_EQ(entries().size(), 7u);
  const json::value suppressed = entries().at(5).at("jsonPayload");
  EXPECT_EQ(suppressed.at("event").as_string(), "refusals.suppressed");
  EXPECT_EQ(suppressed.at("count").to_number<int>(), 50);
  EXPECT_EQ(suppressed.at("since").as_string(), "2023-11-14T22:13:20Z");
  small.close();
  EXPECT_EQ(entries().size(), 7u);  // once
}

TEST_F(ReleaseServiceTest, SaysWhenTheIssuerCannotBeReached) {
  http.unreachable = true;
  clock.set(clock.now() + std::chrono::hours(24) + std::chrono::seconds(1));
  keys.refresh_due(kIssuer);
  const HttpResponse answer = get("db-password", good_token());
  EXPECT_EQ(answer.status, 503u);
  EXPECT_EQ(parsed(answer.body).at("type").as_string(), "urn:assay:problem:keys-unavailable");
  EXPECT_EQ(last_record().at("check").as_string(), "token.key");
}

TEST_F(ReleaseServiceTest, ServesNothingElse) {
  EXPECT_EQ(service(HttpRequest{"GET", "/", {}, {}, {}, {}}).status, 404u);
  EXPECT_EQ(service(HttpRequest{"GET", "/v1/secrets/", {}, {}, {}, {}}).status, 404u);
  EXPECT_EQ(service(HttpRequest{"GET", "/v1/secrets/a/b", {}, {}, {}, {}}).status, 404u);
  EXPECT_EQ(service(HttpRequest{"GET", "/healthz", {}, {}, {}, {}}).status, 200u);
  const HttpResponse put = service(HttpRequest{"PUT", "/v1/secrets/db-password", {}, {}, "x", {}});
  EXPECT_EQ(put.status, 405u);
  EXPECT_EQ(put.headers.get("Allow"), "GET");
}

}  // namespace
}  // namespace assay
