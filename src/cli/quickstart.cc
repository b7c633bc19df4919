// SPDX-License-Identifier: Apache-2.0
#include "cli/quickstart.h"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <sstream>

#include "base/hex.h"
#include "cli/logs.h"
#include "cli/release_serve.h"
#include "cli/serve.h"
#include "cli/verdict.h"
#include "collect/attester.h"
#include "collect/metadata.h"
#include "crypto/hash.h"
#include "crypto/jws.h"
#include "crypto/random.h"
#include "emulator/virtual_vm.h"
#include "host/file.h"
#include "host/signals.h"
#include "host/system_clock.h"
#include "http/client.h"
#include "services/attestation_client.h"
#include "token/key_ring.h"
#include "verify/vtpm.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

constexpr const char* kAudience = "https://secrets.example";

/// The directories of a run, and how a person names what lies in them.
struct Paths {
  fs::path root;
  [[nodiscard]] fs::path vm() const { return root / "vm"; }
  [[nodiscard]] fs::path attestation() const { return root / "attestation"; }
  [[nodiscard]] fs::path release() const { return root / "release"; }
  [[nodiscard]] fs::path evidence() const { return root / "evidence.pb"; }
  [[nodiscard]] fs::path token() const { return root / "token"; }
};

/// What steps 1 and 2 start; gone in reverse order.
struct House {
  std::unique_ptr<VirtualVm> vm;
  std::unique_ptr<AttestationServer> attestation;
  std::unique_ptr<ReleaseServer> release;
};

/// Lives through the story.  Each step_ function tells one step; an Error ends the story there.
class Run {
 public:
  Run(Paths paths, Story& story)
      : paths_(std::move(paths)), story_(story), http_(make_http_client()) {}

  Status all_steps() {
    for (const auto step :
         {&Run::step_start_vm, &Run::step_start_services, &Run::step_attest, &Run::step_verify,
          &Run::step_token, &Run::step_secret, &Run::step_refusals, &Run::step_log}) {
      if (const Status done = (this->*step)(); !done) return done;
    }
    return {};
  }

  [[nodiscard]] json::object urls() const {
    return {{"attestation_url", house_.attestation->url()},
            {"release_url", house_.release->url()},
            {"metadata_host", house_.vm->metadata_host()},
            {"tpm_socket", house_.vm->tpm_socket().string()},
            {"state", paths_.root.string()}};
  }

 private:
  using Token = AttestationClient::Token;

  Status step_start_vm() {
    story_.step(
        "A confidential VM",
        "A virtual one, in this process: a TPM with attestation keys and certificates as Google "
        "provisions them, the measured boot of an AMD SEV VM in its PCRs, a metadata server.");
    story_.by_hand(fmt::format("assay emulate --state {}", paths_.vm().string()));
    VirtualVmOptions options;
    options.state = paths_.vm();
    auto vm = VirtualVm::start(options);
    if (!vm) return pass_on(vm);
    house_.vm = std::move(*vm);
    const GceInstance& instance = house_.vm->instance();
    story_.result(fmt::format("{} in {} of project {}", instance.instance_name, instance.zone,
                              instance.project_id));
    story_.result(fmt::format("TPM {}, metadata server {}", house_.vm->tpm_socket().string(),
                              house_.vm->metadata_host()));
    return {};
  }

  Status step_start_services() {
    story_.step("The services",
                "The attestation service judges evidence and signs tokens; the secret-release "
                "service gives "
                "a secret for the right token.  Both record every decision before they answer.");
    story_.by_hand(fmt::format("assay serve --dev --trust {} --state {}",
                               house_.vm->trust().string(), paths_.attestation().string()));
    ServeOptions options;
    options.listen = "127.0.0.1:0";
    options.state = paths_.attestation();
    options.trust = {house_.vm->trust().string()};
    options.mode = ServiceMode::development;
    auto attestation = AttestationServer::start(options);
    if (!attestation) return pass_on(attestation);
    house_.attestation = std::move(*attestation);
    story_.result(fmt::format("attestation service at {}", house_.attestation->url()));
    story_.by_hand(fmt::format("assay release serve --dev --issuer {} --audience {} --state {}",
                               house_.attestation->issuer(), kAudience, paths_.release().string()));
    ReleaseServeOptions release_options;
    release_options.listen = "127.0.0.1:0";
    release_options.state = paths_.release();
    release_options.issuers = {house_.attestation->issuer()};
    release_options.audience = kAudience;
    release_options.mode = ServiceMode::development;
    auto release = ReleaseServer::start(release_options);
    if (!release) return pass_on(release);
    house_.release = std::move(*release);
    story_.result(fmt::format("secret-release service at {}", house_.release->url()));
    return {};
  }

  Status step_attest() {
    const Buffer nonce = random_bytes(32);
    story_.step(
        "Evidence",
        "The VM's TPM signs its PCRs, in every bank, together with a nonce; the event log says "
        "what was measured into them, and the certificate whose key it is.");
    story_.by_hand(
        fmt::format("assay attest --key gceAK --nonce {} --tpm-path {} --event-log {} --output {}",
                    hex(nonce), house_.vm->tpm_socket().string(), house_.vm->event_log().string(),
                    paths_.evidence().string()));
    auto evidence = collect(nonce);
    if (!evidence) return pass_on(evidence);
    const Buffer encoded = encode_attestation(*evidence, AttestationFormat::binarypb);
    if (const Status kept = write_file(paths_.evidence(), encoded, FileAccess::owner_only); !kept)
      return kept;
    std::string banks;
    for (const Quote& quote : evidence->quotes) {
      banks += fmt::format("{}{}", banks.empty() ? "" : ", ", name_of(quote.pcrs.bank));
    }
    story_.result(fmt::format(
        "{} quotes ({}), an event log of {} bytes, an AK certificate of {} bytes",
        evidence->quotes.size(), banks, evidence->event_log.size(), evidence->ak_cert.size()));
    nonce_ = nonce;
    evidence_ = std::move(*evidence);
    return {};
  }

  Status step_verify() {
    story_.step("A verdict",
                "Anybody who trusts the CA can check the evidence, offline: signatures, nonce, "
                "certificate chain, and that the event log leads to exactly these PCRs.");
    story_.by_hand(fmt::format("assay verify --input {} --nonce {} --trust {}",
                               paths_.evidence().string(), hex(nonce_),
                               house_.vm->trust().string()));
    const VtpmOutcome outcome = authenticate_vtpm(
        evidence_, {.trust = house_.attestation->trust(), .nonce = nonce_, .now = clock_.now()});
    std::ostringstream text;
    print_verdict(outcome.verdict, ShownChecks::remarkable, {text, text});
    if (outcome.claims) print_claims(**outcome.claims, {text, text});
    story_.block(text.str());
    story_.detail("verdict", verdict_json(outcome));
    if (!outcome.claims) story_.broken("the evidence was rejected");
    return {};
  }

  Status step_token() {
    story_.step(
        "A token",
        "The same with the attestation service: it gives a challenge, the VM quotes it, and the "
        "verdict becomes a signed OIDC token that any relying party can check.");
    story_.by_hand(fmt::format(
        "GCE_METADATA_HOST={} assay token --verifier-endpoint {} --audience {} --tpm-path {} "
        "--event-log {}",
        house_.vm->metadata_host(), house_.attestation->url(), kAudience,
        house_.vm->tpm_socket().string(), house_.vm->event_log().string()));
    auto token = fetch_token(kAudience);
    if (!token) return pass_on(token);
    token_ = std::move(token->jwt);
    if (const Status kept = write_file(paths_.token(), as_bytes(token_), FileAccess::owner_only);
        !kept)
      return kept;
    const auto jws = parse_jws(token_);
    if (!jws) return pass_on(jws);
    claims_ = jws->payload;
    story_.result(fmt::format("a token of {} bytes; its claims:", token_.size()));
    story_.block(pretty_json(claims_));
    story_.detail("claims", claims_);
    return {};
  }

  Status step_secret() {
    const std::string url = secret_url();
    story_.step("The secret", "The VM shows its token to the secret-release service.");
    story_.by_hand(fmt::format("curl -H \"Authorization: Bearer $(cat {})\" {}",
                               paths_.token().string(), url));
    const auto answer = ask_for_secret(token_);
    if (!answer) return pass_on(answer);
    story_.result(fmt::format("{}  {}", answer->status, answer->body));
    story_.detail("status", answer->status);
    story_.detail("secret", json::string(answer->body));
    if (answer->status != 200 || answer->body != kDemoSecret)
      story_.broken("the secret was not released");
    return {};
  }

  Status step_refusals() {
    story_.step("What must fail, fails", "Each of these is refused, with a reason, and recorded.");
    story_.by_hand(fmt::format("curl -i {}", secret_url()));
    const auto keys = KeyRing::open(paths_.attestation() / "keys");
    if (!keys) return pass_on(keys);
    auto expired = claims_;
    const std::int64_t hour_ago = unix_seconds(clock_.now()) - 3600;
    expired["iat"] = expired["nbf"] = hour_ago - 3600;
    expired["exp"] = hour_ago;
    const auto elsewhere = fetch_token("https://somebody.else.example");
    if (!elsewhere) return pass_on(elsewhere);

    for (const auto& [tried, token] : {std::pair<std::string_view, std::string>{"no token", ""},
                                       {"a garbage token", "garbage"},
                                       {"an expired token", keys->sign(expired)},
                                       {"a token for another audience", elsewhere->jwt}}) {
      const auto answer = ask_for_secret(token);
      if (!answer) return pass_on(answer);
      story_.refusal(tried, answer->status, problem_detail(answer->body), answer->status == 401);
    }
    if (const Status told = refuse_tampered_log(); !told) return told;
    return refuse_replay();
  }

  Status step_log() {
    story_.step("The audit log",
                "Challenge, evidence, claims, decision and release of all of the above; tokens and "
                "secrets are in it as digests only.");
    story_.by_hand(fmt::format("assay logs read --state {}", paths_.root.string()));
    std::ostringstream text, complaints;
    LogsReadOptions options;
    options.state = paths_.root;
    const int code = run_logs_read(options, {text, complaints});
    story_.block(text.str());
    if (code != kAccepted) story_.broken(complaints.str());
    return {};
  }

  /// A fresh quote of the VM over `nonce`.
  Result<Attestation> collect(Bytes nonce) {
    auto tpm = Tpm::open(Tcti::over(house_.vm->tpm()));
    if (!tpm) return pass_on(tpm);
    auto log = read_file(house_.vm->event_log(), kMaxEventLog);
    if (!log) return pass_on(log);
    return collect_attestation(*tpm, {.nonce = to_buffer(nonce),
                                      .key = AttestationKeyChoice::google,
                                      .algorithm = KeyAlgorithm::rsa,
                                      .event_log = std::move(*log),
                                      .http = http_.get()});
  }

  /// The VM's client of the attestation service, as its metadata server introduces it.
  Result<AttestationClient> client() {
    const MetadataClient metadata(*http_, house_.vm->metadata_host());
    auto access = metadata.access_token();
    if (!access) return pass_on(access);
    return AttestationClient(
        *http_, {house_.attestation->url(), house_.vm->instance().project_id, house_.vm->region()},
        std::move(*access));
  }

  Result<std::string> identity_for(const AttestationClient::Challenge& challenge) {
    return MetadataClient(*http_, house_.vm->metadata_host()).identity_token(challenge.name);
  }

  Result<Token> fetch_token(const std::string& audience) {
    const auto service = client();
    if (!service) return pass_on(service);
    const auto challenge = service->create_challenge();
    if (!challenge) return tl::unexpected(challenge.error().error);
    const auto evidence = collect(challenge->nonce);
    if (!evidence) return pass_on(evidence);
    const auto identity = identity_for(*challenge);
    if (!identity) return pass_on(identity);
    auto token =
        service->verify(*challenge, *evidence, {*identity}, {.audience = audience, .nonces = {}});
    if (!token) return tl::unexpected(token.error().error);
    last_challenge_ = *challenge;
    last_evidence_ = *evidence;
    return std::move(*token);
  }

  /// One bit of the event log changes on its way to the service.
  Status refuse_tampered_log() {
    const auto service = client();
    if (!service) return pass_on(service);
    const auto challenge = service->create_challenge();
    if (!challenge) return tl::unexpected(challenge.error().error);
    auto evidence = collect(challenge->nonce);
    if (!evidence) return pass_on(evidence);
    const auto identity = identity_for(*challenge);
    if (!identity) return pass_on(identity);
    evidence->event_log[evidence->event_log.size() / 2] ^= 1;
    const auto token =
        service->verify(*challenge, *evidence, {*identity}, {.audience = kAudience, .nonces = {}});
    story_.refusal("a tampered event log", token ? 200 : token.error().status,
                   token ? "a token was issued" : token.error().error.why,
                   !token && token.error().status == 400);
    return {};
  }

  /// The evidence of the last token once more, with its used challenge.
  Status refuse_replay() {
    const auto service = client();
    if (!service) return pass_on(service);
    const auto identity = identity_for(last_challenge_);
    if (!identity) return pass_on(identity);
    const auto token = service->verify(last_challenge_, last_evidence_, {*identity},
                                       {.audience = kAudience, .nonces = {}});
    story_.refusal("a replayed challenge", token ? 200 : token.error().status,
                   token ? "a token was issued" : token.error().error.why,
                   !token && token.error().status == 400);
    return {};
  }

  [[nodiscard]] std::string secret_url() const {
    return fmt::format("{}/v1/secrets/{}", house_.release->url(), kDemoSecretName);
  }

  Result<HttpResponse> ask_for_secret(const std::string& token) {
    HttpCall call{.url = secret_url()};
    if (!token.empty()) call.headers.set("Authorization", "Bearer " + token);
    return http_->send(call);
  }

  /// The `detail` of an RFC 9457 problem, or the body as it is.
  static std::string problem_detail(const std::string& body) {
    const auto problem = parse_json_object("problem", body);
    if (!problem) return body;
    const auto detail = json_string(*problem, "detail");
    return detail ? std::string(*detail) : body;
  }

  Paths paths_;
  Story& story_;
  SystemClock clock_;
  std::unique_ptr<HttpClient> http_;
  House house_;
  Buffer nonce_;
  Attestation evidence_, last_evidence_;
  AttestationClient::Challenge last_challenge_;
  std::string token_;
  json::object claims_;
};

/// Says what is up, and waits for the signal that ends it.
void stay_up(const json::object& urls, StoryForm form, Io io) {
  if (form == StoryForm::text) {
    io.out << "\nThe VM and the services stay up; Ctrl-C ends them.\n";
    for (const auto& [name, value] : urls) {
      io.out << fmt::format("  {:<16} {}\n", std::string_view(name),
                            std::string_view(value.as_string()));
    }
    io.out.flush();
  }
  wait_for_stop_signal();
}

}  // namespace

int run_quickstart(const QuickstartOptions& options, Io io) {
  block_stop_signals();
  std::optional<TemporaryDirectory> temporary;
  fs::path root = options.state;
  if (root.empty()) {
    auto made = TemporaryDirectory::make("assay-quickstart");
    if (!made) return explain(io, made.error());
    temporary.emplace(std::move(*made));
    root = temporary->path();
  } else if (const Status made = make_private_directory(root); !made) {
    return explain(io, made.error());
  }

  Story story(io, options.form);
  Run run({root}, story);
  if (const Status done = run.all_steps(); !done) {
    story.broken(to_string(done.error()));
    story.end({});
    return exit_code(done.error().fault);
  }
  const json::object urls = run.urls();
  story.end(urls);
  if (options.afterwards == QuickstartOptions::Afterwards::stay_up) stay_up(urls, options.form, io);
  return story.as_told() ? kAccepted : kInternal;
}

}  // namespace assay
