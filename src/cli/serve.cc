// SPDX-License-Identifier: Apache-2.0
#include "cli/serve.h"

#include <fmt/format.h>
#include <future>

#include "base/counted.h"
#include "cli/loopback.h"
#include "cli/policy_file.h"
#include "cli/serve_regions.h"
#include "host/file.h"
#include "host/signals.h"
#include "host/system_clock.h"
#include "http/server.h"
#include "services/attestation_service.h"
#include "services/file_refresher.h"
#include "services/revocation_files.h"
#include "services/trusted_key_files.h"
#include "store/sqlite_stores.h"
#include "token/key_ring.h"

namespace assay {
namespace {

/// RFC 8414 section 2: an issuer is a URL without query or fragment.  Without a trailing slash, so
/// that the URL of its discovery document is plain to everybody.
Status check_issuer(const ServeOptions& options) {
  const std::string& issuer = options.issuer;
  if (issuer.empty()) {
    const std::string_view listen = options.listen;
    if (listen.starts_with("0.0.0.0") || listen.starts_with("[::]") || listen.starts_with(":")) {
      return fail(Fault::malformed, "--issuer",
                  "required when listening on every address: the URL under which relying parties "
                  "reach this service");
    }
    return {};
  }
  if (!issuer.starts_with("https://") && !issuer.starts_with("http://")) {
    return fail(Fault::malformed, "--issuer", "must be an http or https URL");
  }
  if (issuer.back() == '/' || issuer.find_first_of("?# ") != std::string::npos) {
    return fail(Fault::malformed, "--issuer", "must have no trailing slash, query or fragment");
  }
  return {};
}

/// What `--trust-ak` names; null for nothing.
Result<std::unique_ptr<TrustedKeyFiles>> open_trusted_keys(const ServeOptions& options) {
  if (options.trust_ak.empty()) return std::unique_ptr<TrustedKeyFiles>();
  TrustedKeyFiles::Settings settings;
  settings.paths.assign(options.trust_ak.begin(), options.trust_ak.end());
  if (options.mode == ServiceMode::development)
    settings.emulated = TrustedKeyFiles::Emulated::accepted;
  return TrustedKeyFiles::open(std::move(settings));
}

}  // namespace

/// Everything the service stands on, in the order of construction: the server goes first.
struct AttestationServer::Parts {
  SystemClock clock;
  std::unique_ptr<RevocationFiles> revocation;    ///< null: nothing was said of it
  std::unique_ptr<TrustedKeyFiles> trusted_keys;  ///< null: none were named
  std::unique_ptr<FileRefresher> refresher;
  Trust trust;
  KeyRing keys;
  std::unique_ptr<ChallengeStore> challenges;
  std::unique_ptr<AuditLog> log;
  std::string issuer;
  std::unique_ptr<AttestationService> service;
  std::unique_ptr<HttpServer> server;
};

AttestationServer::AttestationServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
AttestationServer::~AttestationServer() { stop(); }

std::string AttestationServer::url() const { return parts_->server->url(); }
const std::string& AttestationServer::issuer() const { return parts_->issuer; }
const Trust& AttestationServer::trust() const { return parts_->trust; }
std::optional<RevocationTerms> AttestationServer::revocation() const {
  if (!parts_->revocation) return std::nullopt;
  return parts_->revocation->lists()->terms;
}
std::size_t AttestationServer::trusted_key_count() const {
  return parts_->trusted_keys ? parts_->trusted_keys->size() : 0;
}
void AttestationServer::stop() {
  parts_->server->stop();
  parts_->service->close();
}

Result<std::unique_ptr<AttestationServer>> AttestationServer::start(const ServeOptions& options) {
  if (const Status issuer = check_issuer(options); !issuer) return pass_on(issuer);
  // token.lifetime of the release service, and short is better: a token that was stolen is good
  // until it expires.
  if (options.token_lifetime < std::chrono::seconds(1) ||
      options.token_lifetime > std::chrono::hours(24)) {
    return fail(Fault::malformed, "--token-lifetime", "must be 1 to 86400 seconds");
  }
  auto trust = load_service_trust(options.trust, options.mode);
  if (!trust) return pass_on(trust);
  auto keys = open_trusted_keys(options);
  if (!keys) return pass_on(keys);
  std::optional<AppraisalPolicy> policy;
  if (!options.policy.empty()) {
    auto loaded = load_appraisal_policy(options.policy);
    if (!loaded) return pass_on(loaded);
    policy = std::move(*loaded);
  }

  std::unique_ptr<RevocationFiles> revocation;
  auto lists = revocation_settings(options.revocation, policy);
  if (options.revocation.asked() || lists.terms.missing == RevocationTerms::Missing::refused) {
    auto opened = RevocationFiles::open(std::move(lists));
    if (!opened) return pass_on(opened);
    revocation = std::move(*opened);
  }

  std::unique_ptr<Parts> parts;
  if (options.state.empty()) {
    if (options.mode == ServiceMode::production) {
      return fail(Fault::malformed, "--state",
                  "required: a directory for challenges, audit log and signing key");
    }
    parts.reset(new Parts{{},
                          {},
                          {},
                          {},
                          std::move(*trust),
                          KeyRing::generate(),
                          make_memory_challenges(),
                          make_memory_audit_log(),
                          {},
                          {},
                          {}});
  } else {
    if (const Status made = make_private_directory(options.state); !made) return pass_on(made);
    auto ring = KeyRing::open(options.state / "keys");
    if (!ring) return pass_on(ring);
    auto challenges = open_sqlite_challenges(options.state / "challenges.db");
    if (!challenges) return pass_on(challenges);
    auto log = open_sqlite_audit_log(options.state / "audit.db");
    if (!log) return pass_on(log);
    parts.reset(new Parts{{},
                          {},
                          {},
                          {},
                          std::move(*trust),
                          std::move(*ring),
                          std::move(*challenges),
                          std::move(*log),
                          {},
                          {},
                          {}});
  }

  parts->revocation = std::move(revocation);
  parts->trusted_keys = std::move(*keys);
  if (parts->revocation || parts->trusted_keys) {
    parts->refresher = std::make_unique<FileRefresher>(
        [lists = parts->revocation.get(), trusted = parts->trusted_keys.get()] {
          if (lists != nullptr) lists->refresh();
          if (trusted != nullptr) trusted->refresh();
        });
  }

  // The issuer may be the URL listened on, which is known only once the server is up: requests that
  // come sooner than the service wait for it.
  std::promise<const AttestationService*> late;
  HttpServerOptions http;
  http.listen = options.listen;
  http.threads = options.threads;
  http.body_limit = AttestationService::body_limit;
  http.refuse = AttestationService::refuse;
  auto server =
      HttpServer::start(http, [service = late.get_future().share()](const HttpRequest& request) {
        return (*service.get())(request);
      });
  if (!server) return pass_on(server);
  parts->server = std::move(*server);
  parts->issuer = options.issuer.empty() ? parts->server->url() : options.issuer;
  parts->service = std::make_unique<AttestationService>(
      AttestationSettings{parts->issuer,
                          options.locations.empty() ? google_cloud_regions() : options.locations,
                          options.challenge_lifetime, options.token_lifetime, std::move(policy),
                          parts->revocation.get(), parts->trusted_keys.get()},
      parts->trust, parts->keys, *parts->challenges, *parts->log, parts->clock);
  late.set_value(parts->service.get());
  return std::unique_ptr<AttestationServer>(new AttestationServer(std::move(parts)));
}

int run_serve(const ServeOptions& options, ReadyForm form, Io io) {
  block_stop_signals();
  const auto server = AttestationServer::start(options);
  if (!server) return explain_start(io, server.error());
  const Trust& trust = (*server)->trust();
  if (form == ReadyForm::json) {
    io.out << json::serialize(json::object{{"url", (*server)->url()},
                                           {"issuer", (*server)->issuer()},
                                           {"state", options.state.string()}})
           << "\n"
           << std::flush;
  } else {
    io.out << fmt::format(
        "attestation service at {}\n  issuer  {}\n  state   {}\n  trusts  {}, {}\n",
        (*server)->url(), (*server)->issuer(),
        options.state.empty() ? "in memory, lost when it ends" : options.state.string(),
        counted(trust.anchors.size(), "CA key"),
        counted(trust.identities.size(), "identity issuer"));
    if (const auto terms = (*server)->revocation())
      io.out << fmt::format(
          "  revokes {} of lists, {}\n", counted(options.revocation.crl.size(), "file"),
          terms->missing == RevocationTerms::Missing::refused ? "a current one required"
                                                              : "none required");
    if (!options.trust_ak.empty())
      io.out << fmt::format("  keys    {} trusted without a certificate\n",
                            counted((*server)->trusted_key_count(), "attestation key"));
    if (trust.emulated())
      io.out << "  DEVELOPMENT: emulated machines are accepted; their tokens say so\n";
    io.out << "  Ctrl-C stops it" << "\n" << std::flush;
  }
  if (trust.identities.empty()) {
    io.err << "assay: --trust: no identity issuer in it, so no caller can be authenticated; "
              "add a trust file with \"identities\"\n";
  }
  warn_of_clear_http(options.listen, "access tokens and attestation tokens", io);
  wait_for_stop_signal();
  (*server)->stop();
  return kAccepted;
}

}  // namespace assay
