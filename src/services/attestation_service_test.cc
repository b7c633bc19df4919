// SPDX-License-Identifier: Apache-2.0
#include "services/attestation_service.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "base/base64.h"
#include "crypto/hash.h"
#include "formats/recorded.h"
#include "services/attestation_client.h"
#include "services/testing.h"
#include "store/sqlite_stores.h"

namespace assay {
namespace {

constexpr const char* kIssuer = "https://attest.example";
constexpr const char* kLocation = "/v1/projects/my-project/locations/us-central1";
/// What the recorded attestation was made for.
const Buffer kRecordedNonce = {0x90, 0x09};

/// Challenges whose nonce turns out to be the one of the recorded evidence; otherwise the real
/// store.
class RecordedNonce final : public ChallengeStore {
 public:
  Status add(const IssuedChallenge& challenge) override {
    if (broken) return fail(Fault::unavailable, "challenges.db", "disk full");
    return store_->add(challenge);
  }
  Result<Consumption> consume(const std::string& name, Instant now) override {
    if (broken) return fail(Fault::unavailable, "challenges.db", "disk full");
    auto out = store_->consume(name, now);
    if (out && out->outcome == Outcome::consumed) out->nonce = nonce;
    return out;
  }
  Buffer nonce = kRecordedNonce;
  bool broken = false;

 private:
  std::unique_ptr<ChallengeStore> store_ = make_memory_challenges();
};

/// A log that fails from the nth append on.
class FailingLog final : public AuditLog {
 public:
  Result<std::string> append(const AuditRecord& record, Instant now) override {
    if (appends_left.fetch_sub(1) <= 0) return fail(Fault::unavailable, "audit.db", "disk full");
    return log_->append(record, now);
  }
  Result<std::vector<json::object>> read(const Query& query) const override {
    return log_->read(query);
  }
  std::atomic<int> appends_left{1'000'000};

 private:
  std::unique_ptr<AuditLog> log_ = make_memory_audit_log();
};

const KeyRing& signing_keys() {
  static const KeyRing keys = KeyRing::generate();
  return keys;
}

class AttestationServiceTest : public testing::Test {
 protected:
  AttestationServiceTest() { trust.identities.push_back(test_identity_issuer()); }

  HttpResponse send(std::string method, std::string path, std::string body = {}) {
    return send_as(access_token(clock.now()), std::move(method), std::move(path), std::move(body));
  }
  HttpResponse send_as(const std::string& token, std::string method, std::string path,
                       std::string body = {}) {
    HttpRequest request{std::move(method), std::move(path), {}, {}, std::move(body), "127.0.0.1:9"};
    if (!token.empty()) request.headers.set("Authorization", "Bearer " + token);
    return service(request);
  }
  std::string create_challenge() {
    const HttpResponse answer = send("POST", std::string(kLocation) + "/challenges", "{}");
    EXPECT_EQ(answer.status, 200u) << answer.body;
    return std::string(parsed(answer.body).at("name").as_string());
  }
  HttpResponse verify(const std::string& challenge, const json::value& body) {
    return send("POST", "/v1/" + challenge + ":verifyAttestation", json::serialize(body));
  }
  std::vector<json::object> entries() const { return *log.read({}); }
  /// "event severity" of every record, oldest first.
  std::vector<std::string> events() const {
    std::vector<std::string> out;
    for (const json::object& entry : entries()) {
      out.push_back(std::string(entry.at("jsonPayload").at("event").as_string()) + " " +
                    std::string(entry.at("severity").as_string()));
    }
    return out;
  }

  FixedClock clock{*parse_rfc3339("test", "2023-01-01T00:00:00Z")};
  Trust trust = google_trust();
  RecordedNonce challenges;
  FailingLog log;
  AttestationService service{{.issuer = kIssuer, .locations = {"us-central1", "global"}},
                             trust,
                             signing_keys(),
                             challenges,
                             log,
                             clock};
};

json::value body_of(const HttpResponse& answer) { return parsed(answer.body); }
std::string message_of(const HttpResponse& answer) {
  return std::string(body_of(answer).at("error").at("message").as_string());
}
std::string status_of(const HttpResponse& answer) {
  return std::string(body_of(answer).at("error").at("status").as_string());
}
/// The first failed check, without the bank.
std::string checked_first(const HttpResponse& answer) {
  const std::string id(
      body_of(answer).at("error").at("details").at(0).at("metadata").at("check").as_string());
  return id.substr(0, id.find('/'));
}
std::string reason_of(const HttpResponse& answer) {
  return std::string(body_of(answer).at("error").at("details").at(0).at("reason").as_string());
}

/// The recorded attestation of a Google SEV VM as the body of verifyAttestation; none where there
/// is no corpus.
std::optional<json::object> recorded_body() {
  const auto file = corpus_file("gce-attestations/gce-cos-85-nonce9009.pb");
  if (!file) return std::nullopt;
  const auto attestation = parse_attestation(*file, AttestationFormat::binarypb);
  EXPECT_TRUE(attestation);
  json::object body =
      verify_attestation_body({}, *attestation, {}, {"https://release.example", {"custom-nonce"}});
  body.erase("challenge");
  return body;
}

#define RECORDED_BODY_OR_SKIP(name)                            \
  auto name##_ = recorded_body();                              \
  if (!name##_) GTEST_SKIP() << "no corpus: set ASSAY_CORPUS"; \
  json::object& name = *name##_

TEST_F(AttestationServiceTest, PublishesItsIdentity) {
  const HttpResponse discovery = send_as("", "GET", "/.well-known/openid-configuration");
  ASSERT_EQ(discovery.status, 200u);
  EXPECT_EQ(body_of(discovery).at("issuer").as_string(), kIssuer);
  EXPECT_EQ(body_of(discovery).at("jwks_uri").as_string(),
            std::string(kIssuer) + "/.well-known/jwks");
  const HttpResponse keys = send_as("", "GET", "/.well-known/jwks");
  ASSERT_EQ(keys.status, 200u);
  const json::value jwks = body_of(keys);
  EXPECT_EQ(jwks.at("keys").as_array().size(), 1u);
  EXPECT_EQ(jwks.at("keys").at(0).at("alg").as_string(), "RS256");
  EXPECT_FALSE(jwks.at("keys").at(0).as_object().contains("d"));
  EXPECT_EQ(send_as("", "GET", "/healthz").status, 200u);
}

TEST_F(AttestationServiceTest, AnswersUnknownPathsAndMethodsInGooglesEnvelope) {
  EXPECT_EQ(status_of(send("GET", "/")), "NOT_FOUND");
  EXPECT_EQ(status_of(send("GET", "/v2/projects/my-project/locations")), "NOT_FOUND");
  EXPECT_EQ(
      send("POST", std::string(kLocation) + "/challenges/c:verifyConfidentialGke", "{}").status,
      404u);
  const HttpResponse wrong = send("GET", std::string(kLocation) + "/challenges");
  EXPECT_EQ(wrong.status, 405u);
  EXPECT_EQ(wrong.headers.get("Allow"), "POST");
  EXPECT_EQ(send("DELETE", "/healthz").status, 405u);
}

TEST_F(AttestationServiceTest, TellsItsLocations) {
  const HttpResponse one = send("GET", kLocation);
  ASSERT_EQ(one.status, 200u) << one.body;
  EXPECT_EQ(body_of(one).at("name").as_string(), "projects/my-project/locations/us-central1");
  EXPECT_EQ(body_of(one).at("locationId").as_string(), "us-central1");
  const HttpResponse all = send("GET", "/v1/projects/my-project/locations");
  ASSERT_EQ(all.status, 200u);
  EXPECT_EQ(body_of(all).at("locations").as_array().size(), 2u);
  const HttpResponse none = send("GET", "/v1/projects/my-project/locations/mars-north1");
  EXPECT_EQ(none.status, 404u);
  EXPECT_EQ(message_of(none),
            "location mars-north1 is not served here; served are us-central1, global");
  EXPECT_EQ(send("POST", "/v1/projects/my-project/locations/mars-north1/challenges").status, 404u);
}

TEST_F(AttestationServiceTest, AsksWhoCalls) {
  const HttpResponse nobody = send_as("", "GET", kLocation);
  EXPECT_EQ(nobody.status, 401u);
  EXPECT_EQ(status_of(nobody), "UNAUTHENTICATED");
  EXPECT_EQ(nobody.headers.get("WWW-Authenticate"), "Bearer");
  EXPECT_EQ(send_as("garbage", "GET", kLocation).status, 401u);
  EXPECT_EQ(events(),
            (std::vector<std::string>{"caller.refused WARNING", "caller.refused WARNING"}));
}

TEST_F(AttestationServiceTest, AsksWhatTheCallerMayDo) {
  const HttpResponse denied = send("GET", "/v1/projects/other/locations");
  EXPECT_EQ(denied.status, 403u);
  EXPECT_EQ(status_of(denied), "PERMISSION_DENIED");
  EXPECT_EQ(reason_of(denied), "IAM_PERMISSION_DENIED");
  const json::value metadata = body_of(denied).at("error").at("details").at(0).at("metadata");
  EXPECT_EQ(metadata.at("permission").as_string(), "confidentialcomputing.locations.list");
  EXPECT_EQ(metadata.at("resource").as_string(), "projects/other");
  EXPECT_EQ(events(), (std::vector<std::string>{"caller.refused WARNING"}));
}

TEST_F(AttestationServiceTest, ARefusalThatCannotBeRecordedIs503) {
  log.appends_left = 0;
  EXPECT_EQ(send_as("garbage", "GET", kLocation).status, 503u);
}

TEST_F(AttestationServiceTest, MakesChallengesGooglesClientsRead) {
  for (const char* body : {"{}", "", R"({"name":"","used":false})"}) {
    SCOPED_TRACE(body);
    const HttpResponse answer = send("POST", std::string(kLocation) + "/challenges", body);
    ASSERT_EQ(answer.status, 200u) << answer.body;
    const json::value challenge = body_of(answer);
    const std::string name(challenge.at("name").as_string());
    EXPECT_TRUE(name.starts_with("projects/my-project/locations/us-central1/challenges/"));
    EXPECT_EQ(name.size(),
              std::string("projects/my-project/locations/us-central1/challenges/").size() + 36);
    const auto nonce = parse_base64("nonce", std::string(challenge.at("tpmNonce").as_string()));
    ASSERT_TRUE(nonce);
    EXPECT_EQ(nonce->size(), 34u);
    EXPECT_TRUE(as_text(*nonce).starts_with("AssayAttest1"));
    EXPECT_EQ(challenge.at("createTime").as_string(), "2023-01-01T00:00:00Z");
    EXPECT_EQ(challenge.at("expireTime").as_string(), "2023-01-01T01:00:00Z");
    EXPECT_FALSE(challenge.as_object().contains("used"));
  }
  EXPECT_EQ(events(), (std::vector<std::string>(3, "challenge.created INFO")));
  EXPECT_EQ(send("POST", std::string(kLocation) + "/challenges", "not json").status, 400u);
}

TEST_F(AttestationServiceTest, HandsOutNoChallengeItCannotKeepOrRecord) {
  challenges.broken = true;
  EXPECT_EQ(send("POST", std::string(kLocation) + "/challenges").status, 503u);
  challenges.broken = false;
  log.appends_left = 0;
  EXPECT_EQ(send("POST", std::string(kLocation) + "/challenges").status, 503u);
}

TEST_F(AttestationServiceTest, NoncesAreNeverTheSame) {
  std::set<std::string> nonces;
  for (int i = 0; i < 20; ++i) {
    const HttpResponse answer = send("POST", std::string(kLocation) + "/challenges");
    nonces.emplace(body_of(answer).at("tpmNonce").as_string());
  }
  EXPECT_EQ(nonces.size(), 20u);
}

TEST_F(AttestationServiceTest, GivesATokenForRealEvidence) {
  RECORDED_BODY_OR_SKIP(body);
  const std::string challenge = create_challenge();
  body["challenge"] = challenge;
  body["gcpCredentials"] =
      json::object{{"serviceAccountIdTokens",
                    json::array{sign_identity(identity_claims(clock.now(), challenge), "JWT")}}};
  const HttpResponse answer = verify(challenge, body);
  ASSERT_EQ(answer.status, 200u) << answer.body;
  const std::string token(body_of(answer).at("oidcClaimsToken").as_string());
  EXPECT_FALSE(body_of(answer).as_object().contains("partialErrors"));

  const auto jws = parse_jws(token);
  ASSERT_TRUE(jws) << to_string(jws.error());
  const Jwk* key = signing_keys().public_keys().find(jws->kid);
  ASSERT_NE(key, nullptr);
  const auto claims = verify_jws(*jws, *key);
  ASSERT_TRUE(claims);
  EXPECT_EQ(claims->at("iss").as_string(), kIssuer);
  EXPECT_EQ(claims->at("aud").as_string(), "https://release.example");
  EXPECT_EQ(claims->at("eat_nonce").as_string(), "custom-nonce");
  EXPECT_EQ(claims->at("exp").as_int64() - claims->at("iat").as_int64(), 3600);
  EXPECT_EQ(claims->at("google_service_accounts").as_array().size(), 1u);
  EXPECT_EQ(claims->at("google_service_accounts").at(0).as_string(), kTestEmail);

  EXPECT_EQ(events(),
            (std::vector<std::string>{"challenge.created INFO", "attestation.accepted NOTICE",
                                      "token.issued NOTICE"}));
  const json::value record = entries().back().at("jsonPayload");
  EXPECT_EQ(record.at("token_sha256").as_string(), sha256_hex(as_bytes(token)));
  EXPECT_EQ(record.at("principal").as_string(), kTestEmail);
  EXPECT_EQ(record.at("claims").as_object(), *claims);
  for (const json::object& entry : entries()) {
    EXPECT_EQ(json::serialize(entry).find(token), std::string::npos);
  }
}

TEST_F(AttestationServiceTest, AChallengeServesOnce) {
  RECORDED_BODY_OR_SKIP(body);
  const std::string challenge = create_challenge();
  ASSERT_EQ(verify(challenge, body).status, 200u);
  const HttpResponse again = verify(challenge, body);
  EXPECT_EQ(again.status, 400u);
  EXPECT_EQ(status_of(again), "FAILED_PRECONDITION");
  EXPECT_EQ(reason_of(again), "CHALLENGE_USED");
  EXPECT_EQ(events().back(), "challenge.refused WARNING");
}

TEST_F(AttestationServiceTest, AFailedVerificationUsesUpTheChallengeToo) {
  RECORDED_BODY_OR_SKIP(body);
  const std::string challenge = create_challenge();
  challenges.nonce = {0x90, 0x08};
  const HttpResponse rejected = verify(challenge, body);
  EXPECT_EQ(rejected.status, 400u);
  EXPECT_EQ(status_of(rejected), "INVALID_ARGUMENT");
  EXPECT_TRUE(message_of(rejected).starts_with("attestation rejected: tpm.quote.nonce"))
      << message_of(rejected);
  EXPECT_EQ(reason_of(rejected), "TPM_QUOTE_NONCE");
  // Each of the three quotes carries the wrong nonce, and each is named.
  EXPECT_GE(
      body_of(rejected).at("error").at("details").at(1).at("fieldViolations").as_array().size(),
      3u);
  EXPECT_EQ(events().back(), "attestation.rejected WARNING");
  challenges.nonce = kRecordedNonce;
  EXPECT_EQ(reason_of(verify(challenge, body)), "CHALLENGE_USED");
}

TEST_F(AttestationServiceTest, GivesNoTokenToAMachineThatThePolicyRejects) {
  RECORDED_BODY_OR_SKIP(body);
  const auto ask = [&](const std::string& technology) {
    AttestationSettings settings{.issuer = kIssuer, .locations = {"us-central1"}};
    settings.policy =
        AppraisalPolicy::parse("policy",
                               "accept_any = [\"secure_boot\", \"applications\", \"kernel\", "
                               "\"instance\"]\nevidence.minimum_nonce_bytes = 2\n"
                               "platform.minimum_technology = \"" +
                                   technology + "\"\n")
            .value();
    const AttestationService strict{settings, trust, signing_keys(), challenges, log, clock};
    HttpRequest request{"POST",
                        "/v1/" + create_challenge() + ":verifyAttestation",
                        {},
                        {},
                        json::serialize(body),
                        "127.0.0.1:9"};
    request.headers.set("Authorization", "Bearer " + access_token(clock.now()));
    return strict(request);
  };
  EXPECT_EQ(ask("sev").status, 200u);
  const HttpResponse rejected = ask("sev-snp");
  EXPECT_EQ(rejected.status, 400u);
  EXPECT_TRUE(message_of(rejected).starts_with("attestation rejected: policy.platform.technology"))
      << message_of(rejected);
  EXPECT_EQ(checked_first(rejected), "policy.platform.technology");
  EXPECT_EQ(events().back(), "attestation.rejected WARNING");
}

TEST_F(AttestationServiceTest, AMistakeInTheRequestDoesNotUseUpTheChallenge) {
  RECORDED_BODY_OR_SKIP(body);
  const std::string challenge = create_challenge();
  json::object wrong = body;
  wrong["tokenOptions"].as_object()["audience"] = "";
  EXPECT_EQ(verify(challenge, wrong).status, 400u);
  EXPECT_EQ(events().back(), "request.refused WARNING");
  challenges.broken = true;
  EXPECT_EQ(verify(challenge, body).status, 503u);
  challenges.broken = false;
  EXPECT_EQ(verify(challenge, body).status, 200u);
}

TEST_F(AttestationServiceTest, RefusesChallengesItDoesNotHaveAnyMore) {
  RECORDED_BODY_OR_SKIP(body);
  const std::string unknown =
      "projects/my-project/locations/us-central1/challenges/947b4f7b-e6d4-4cfe-971c-39ffe00268ba";
  const HttpResponse missing = verify(unknown, body);
  EXPECT_EQ(missing.status, 404u);
  EXPECT_EQ(reason_of(missing), "CHALLENGE_UNKNOWN");

  const std::string challenge = create_challenge();
  clock.set(clock.now() + std::chrono::hours(1));
  const HttpResponse expired = verify(challenge, body);
  EXPECT_EQ(expired.status, 400u);
  EXPECT_EQ(status_of(expired), "FAILED_PRECONDITION");
  EXPECT_EQ(reason_of(expired), "CHALLENGE_EXPIRED");
}

TEST_F(AttestationServiceTest, AChallengeOfOneLocationIsUnknownInAnother) {
  RECORDED_BODY_OR_SKIP(body);
  std::string challenge = create_challenge();
  challenge.replace(challenge.find("us-central1"), 11, "global");
  EXPECT_EQ(reason_of(verify(challenge, body)), "CHALLENGE_UNKNOWN");
}

TEST_F(AttestationServiceTest, RefusesIdentityTokensItCannotVerify) {
  RECORDED_BODY_OR_SKIP(body);
  const std::string other = "projects/my-project/locations/us-central1/challenges/other";
  for (const std::string& token : {std::string(), std::string("not-a-jwt"),
                                   sign_identity(identity_claims(clock.now(), other), "JWT")}) {
    SCOPED_TRACE(token);
    body["gcpCredentials"] = json::object{{"serviceAccountIdTokens", json::array{token}}};
    const HttpResponse answer = verify(create_challenge(), body);
    EXPECT_EQ(answer.status, 400u);
    EXPECT_EQ(reason_of(answer), "IDENTITY_TOKEN_INVALID");
  }
}

TEST_F(AttestationServiceTest, OneOfManyAtOnceGetsTheToken) {
  RECORDED_BODY_OR_SKIP(body);
  const std::string challenge = create_challenge();
  std::atomic<int> tokens{0};
  std::atomic<int> used{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      const HttpResponse answer = verify(challenge, body);
      if (answer.status == 200) {
        ++tokens;
      } else if (reason_of(answer) == "CHALLENGE_USED") {
        ++used;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(tokens, 1);
  EXPECT_EQ(used, 7);
}

TEST_F(AttestationServiceTest, NoRecordNoToken) {
  RECORDED_BODY_OR_SKIP(body);
  for (const int records : {0, 1}) {  // of the verdict and of the token
    SCOPED_TRACE(records);
    const std::string challenge = create_challenge();
    log.appends_left = records;
    const HttpResponse answer = verify(challenge, body);
    log.appends_left = 1'000'000;
    EXPECT_EQ(answer.status, 500u);  // not 503: clients would repeat it with the used challenge
    EXPECT_EQ(answer.body.find("oidcClaimsToken"), std::string::npos);
    EXPECT_EQ(reason_of(verify(challenge, body)), "CHALLENGE_USED");
  }
}

TEST_F(AttestationServiceTest, NamesTheCheckThatAChangedByteBreaks) {
  RECORDED_BODY_OR_SKIP(body);
  const auto tpm = [](json::object& b) -> json::object& { return b["tpmAttestation"].as_object(); };
  const auto flip = [](json::value& text) {
    Buffer bytes = *parse_base64("test", std::string(text.as_string()));
    bytes[bytes.size() / 2] ^= 1;
    text = base64(bytes);
  };
  struct Case {
    const char* name;
    std::function<void(json::object&)> change;
    std::string_view check;
  };
  const Case cases[] = {
      {"the signature of a quote",
       [&](auto& b) { flip(tpm(b)["quotes"].at(1).at("rawSignature")); }, "tpm.quote.signature"},
      {"a PCR value", [&](auto& b) { flip(tpm(b)["quotes"].at(1).at("pcrValues").at("0")); },
       "tpm.quote.pcrs"},
      {"the event log", [&](auto& b) { flip(tpm(b)["tcgEventLog"]); }, "eventlog.data.measured"},
      {"the AK certificate", [&](auto& b) { flip(tpm(b)["akCert"]); }, "ak.certificate.chain"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    json::object changed = body;
    c.change(changed);
    const HttpResponse answer = verify(create_challenge(), changed);
    EXPECT_EQ(answer.status, 400u);
    EXPECT_EQ(checked_first(answer), c.check) << message_of(answer);
  }
}

TEST_F(AttestationServiceTest, SaysSoWhereItDidNotLookAtImageSignatures) {
  RECORDED_BODY_OR_SKIP(body);
  body["confidentialSpaceInfo"] =
      json::object{{"signedEntities",
                    json::array{json::object{{"containerImageSignatures",
                                              json::array{json::object{{"payload", "AAAA"}}}}}}}};
  const HttpResponse answer = verify(create_challenge(), body);
  ASSERT_EQ(answer.status, 200u) << answer.body;
  EXPECT_EQ(body_of(answer).at("partialErrors").at(0).at("code").as_int64(), 12);
}

TEST_F(AttestationServiceTest, LetsOnlyEvidenceBeBig) {
  EXPECT_EQ(AttestationService::body_limit(
                "POST", "/v1/projects/p/locations/l/challenges/c:verifyAttestation"),
            8u * 1024 * 1024);
  EXPECT_EQ(AttestationService::body_limit("POST", "/v1/projects/p/locations/l/challenges"),
            64u * 1024);
  const HttpResponse refused = AttestationService::refuse(413, "too large");
  EXPECT_EQ(refused.status, 413u);
  EXPECT_EQ(status_of(refused), "RESOURCE_EXHAUSTED");
}

TEST_F(AttestationServiceTest, RefusalsOfTheUnknownCannotFillTheLog) {
  const AttestationService small{
      {.issuer = kIssuer, .locations = {"us-central1"}, .refusals = {.per_second = 1, .burst = 2}},
      trust,
      signing_keys(),
      challenges,
      log,
      clock};
  const auto ask = [&](const std::string& token) {
    HttpRequest request{"POST", std::string(kLocation) + "/challenges", {}, {}, {}, "127.0.0.1:9"};
    if (!token.empty()) request.headers.set("Authorization", "Bearer " + token);
    return small(request);
  };
  EXPECT_EQ(ask("").status, 401u);
  EXPECT_EQ(ask("garbage").status, 401u);
  for (int i = 0; i < 7; ++i) {
    const HttpResponse answer = ask("");
    EXPECT_EQ(answer.status, 429u);
    EXPECT_EQ(answer.headers.get("Retry-After"), "1");
    EXPECT_EQ(status_of(answer), "RESOURCE_EXHAUSTED");
    EXPECT_EQ(reason_of(answer), "TOO_MANY_REFUSALS");
  }
  // A caller who may is not held up, whatever others do.
  EXPECT_EQ(ask(access_token(clock.now())).status, 200u);
  EXPECT_EQ(entries().size(), 3u);

  // With the log broken the count waits until a record can be made.
  log.appends_left = 0;
  testing::internal::CaptureStderr();
  small.close();
  EXPECT_NE(testing::internal::GetCapturedStderr().find("disk full"), std::string::npos);
  log.appends_left = 100;
  small.close();
  small.close();
  ASSERT_EQ(events(),
            (std::vector<std::string>{"caller.refused WARNING", "caller.refused WARNING",
                                      "challenge.created INFO", "refusals.suppressed WARNING"}));
  EXPECT_EQ(entries().back().at("jsonPayload").at("count").to_number<int>(), 7);
}

TEST_F(AttestationServiceTest, AFloodThatDoesNotEndIsToldOnceAMinute) {
  const AttestationService small{{.issuer = kIssuer,
                                  .locations = {"us-central1"},
                                  .refusals = {.per_second = 1, .burst = 100}},
                                 trust,
                                 signing_keys(),
                                 challenges,
                                 log,
                                 clock};
  const HttpRequest unknown{"GET", "/v1/projects/p/locations", {}, {}, {}, "127.0.0.1:9"};
  for (int i = 0; i < 100; ++i) EXPECT_EQ(small(unknown).status, 401u);
  // Two a second: one is recorded, the other counted.
  for (int i = 0; i < 60; ++i) {
    EXPECT_EQ(small(unknown).status, 429u);
    clock.set(clock.now() + std::chrono::seconds(1));
    EXPECT_EQ(small(unknown).status, 401u);
  }
  const auto all = events();
  EXPECT_EQ(all.size(), 161u);
  EXPECT_EQ(std::count(all.begin(), all.end(), "refusals.suppressed WARNING"), 1);
  // The one of the last second is recorded after the count of the minute before it.
  EXPECT_EQ(entries().at(159).at("jsonPayload").at("count").to_number<int>(), 60);
}

}  // namespace
}  // namespace assay
