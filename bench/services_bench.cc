// SPDX-License-Identifier: Apache-2.0

// Issuing a token and releasing a secret, through the services' handlers with stores in memory,
// beside the cryptography that no implementation can leave out.  The evidence is a real Google
// attestation: without the corpus only the release is measured.

#include <benchmark/benchmark.h>

#include <cstdio>
#include <optional>

#include "crypto/jws.h"
#include "formats/recorded.h"
#include "ratio.h"
#include "services/attestation_client.h"
#include "services/attestation_service.h"
#include "services/release_service.h"
#include "services/testing.h"
#include "store/sqlite_stores.h"
#include "verify/vtpm.h"

namespace assay {
namespace {

constexpr const char* kIssuer = "https://attest.example";
constexpr const char* kAudience = "https://release.example";
constexpr const char* kChallenge =
    "projects/my-project/locations/us-central1/challenges/00000000-0000-4000-8000-000000000000";

/// Every challenge is fresh, and was for the nonce of the recorded evidence.
class AlwaysFresh final : public ChallengeStore {
 public:
  Status add(const IssuedChallenge&) override { return {}; }
  Result<Consumption> consume(const std::string&, Instant) override {
    return Consumption{Outcome::consumed, {0x90, 0x09}};
  }
};

/// Takes records and keeps none: what the disk costs is store_bench's question.
class NoDisk final : public AuditLog {
 public:
  Result<std::string> append(const AuditRecord& record, Instant) override {
    benchmark::DoNotOptimize(json::serialize(record.payload));
    return std::string("0");
  }
  Result<std::vector<json::object>> read(const Query&) const override {
    return std::vector<json::object>{};
  }
};

/// The attestation service with one request to it.
class TokenIssue {
 public:
  explicit TokenIssue(Attestation attestation) : attestation_(std::move(attestation)) {
    trust_.identities.push_back(test_identity_issuer());
    request_.method = "POST";
    request_.path = std::string("/v1/") + kChallenge + ":verifyAttestation";
    request_.headers.set("Authorization", "Bearer " + access_token(clock_.now()));
    request_.body =
        json::serialize(verify_attestation_body(kChallenge, attestation_, {}, {kAudience, {}}));
  }
  void work() const {
    if (service_(request_).status != 200) std::abort();
  }
  /// One RSA-2048 signature, and the verdict on the same evidence.
  void floor() const {
    benchmark::DoNotOptimize(key_.sign_rsassa(HashAlgorithm::sha256, as_bytes(request_.path)));
    const Buffer nonce{0x90, 0x09};
    if (!authenticate_vtpm(attestation_, {trust_, nonce, clock_.now()}).claims) std::abort();
  }

 private:
  Attestation attestation_;
  FixedClock clock_{parse_rfc3339("now", "2023-01-01T00:00:00Z").value()};
  Trust trust_ = google_trust();
  KeyRing keys_ = KeyRing::generate();
  PrivateKey key_ = PrivateKey::generate_rsa();
  mutable AlwaysFresh challenges_;
  mutable NoDisk log_;
  AttestationService service_{
      {.issuer = kIssuer, .locations = {"us-central1"}}, trust_, keys_, challenges_, log_, clock_};
  HttpRequest request_;
};

/// The secret-release service with one request to it; the issuer's keys are cached.
class Release {
 public:
  Release() {
    const std::string kid = jwk_thumbprint(key_.public_key());
    const Jwk jwk{kid, JwsAlgorithm::rs256, key_.public_key()};
    http_.answers["https://attest.example/.well-known/openid-configuration"].body = json::serialize(
        json::object{{"issuer", kIssuer}, {"jwks_uri", "https://attest.example/keys"}});
    http_.answers["https://attest.example/keys"].body = json::serialize(JwkSet({jwk}).to_json());
    keys_.refresh_due(kIssuer);
    if (!secrets_->put("hello", Secret(to_buffer(as_bytes("secret"))))) std::abort();
    const std::int64_t now = unix_seconds(clock_.now());
    const std::string token = sign_jws(json::object{{"iss", kIssuer},
                                                    {"aud", kAudience},
                                                    {"sub", "vm"},
                                                    {"iat", now},
                                                    {"nbf", now},
                                                    {"exp", now + 3600},
                                                    {"hwmodel", "GCP_AMD_SEV"},
                                                    {"secboot", true}},
                                       key_, kid);
    request_.method = "GET";
    request_.path = "/v1/secrets/hello";
    request_.headers.set("Authorization", "Bearer " + token);
    signature_ = key_.sign_rsassa(HashAlgorithm::sha256, as_bytes(token));
    signed_ = token;
  }
  void work() const {
    if (service_(request_).status != 200) std::abort();
  }
  /// One RSA-2048 verification.
  void floor() const {
    if (!key_.public_key().verify_rsassa(HashAlgorithm::sha256, as_bytes(signed_), signature_))
      std::abort();
  }

 private:
  FixedClock clock_{from_unix_seconds(1'700'000'000)};
  PrivateKey key_ = PrivateKey::generate_rsa();
  FakeHttp http_;
  mutable JwksCache keys_{{kIssuer}, http_, clock_};
  ClaimsPolicy policy_ =
      ClaimsPolicy::parse("policy",
                          "[secrets.hello]\nhwmodel = [\"GCP_AMD_SEV\"]\nsecboot = [true]\n")
          .value();
  std::unique_ptr<SecretStore> secrets_ = make_memory_secrets();
  mutable NoDisk log_;
  ReleaseService service_{{.audience = kAudience}, policy_, keys_, *secrets_, log_, clock_};
  HttpRequest request_;
  std::string signed_;
  Buffer signature_;
};

std::optional<TokenIssue>& token_issue() {
  static std::optional<TokenIssue> kIssue;
  if (const auto file = corpus_file("gce-attestations/gce-cos-85-nonce9009.pb"); file && !kIssue) {
    kIssue.emplace(parse_attestation(*file, AttestationFormat::binarypb).value());
  }
  return kIssue;
}

}  // namespace
}  // namespace assay

int main(int argc, char** argv) {
  using namespace assay;
  const Release release;
  const auto run = [](auto job) {
    return [job](benchmark::State& state) {
      for (auto _ : state) job();
    };
  };
  const auto released = [&release] { release.work(); };
  const auto release_floor = [&release] { release.floor(); };
  benchmark::RegisterBenchmark("release/floor", run(release_floor));
  benchmark::RegisterBenchmark("release/secret", run(released));
  const auto issued = [] { token_issue()->work(); };
  const auto issue_floor = [] { token_issue()->floor(); };
  if (token_issue()) {
    benchmark::RegisterBenchmark("token/floor", run(issue_floor));
    benchmark::RegisterBenchmark("token/issue", run(issued));
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  std::printf("\n");
  print_ratio("secret release (1 x RSA-2048 verify)", {}, released, release_floor);
  if (token_issue()) {
    print_ratio("token issue (1 x RSA-2048 sign + verdict)", {}, issued, issue_floor);
  } else {
    std::printf("token issue: skipped, no corpus (set ASSAY_CORPUS)\n");
  }
  return 0;
}
