// SPDX-License-Identifier: Apache-2.0
#include "cli/release_serve.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <functional>

#include "cli/loopback.h"
#include "host/file.h"
#include "host/signals.h"
#include "host/system_clock.h"
#include "http/client.h"
#include "http/server.h"
#include "services/jwks_refresher.h"
#include "services/release_service.h"
#include "store/sqlite_stores.h"

namespace assay {
namespace {

constexpr std::size_t kMaxPolicyFile = 1024 * 1024;

constexpr std::string_view kDemoPolicy = R"([secrets."hello"]
hwmodel = ["ASSAY_EMULATED_*"]
secboot = [true]
)";

/// Whether nobody between us and `url` can change what it answers.
bool is_protected(std::string_view url) {
  if (url.starts_with("https://")) return true;
  url.remove_prefix(std::string_view("http://").size());
  return is_loopback(url.substr(0, url.find('/')));
}

Status check(const ReleaseServeOptions& options) {
  const auto wrong = [](const char* option, const char* why) {
    return fail(Fault::malformed, option, why);
  };
  if (options.issuers.empty())
    return wrong("--issuer", "required: the attestation service whose tokens are believed");
  for (const std::string& issuer : options.issuers) {
    if (!issuer.starts_with("https://") && !issuer.starts_with("http://")) {
      return wrong("--issuer", "must be an http or https URL");
    }
    if (issuer.find('@') != issuer.npos)
      return wrong("--issuer", "must be a plain URL, without a user in it");
    if (issuer.back() == '/')
      return wrong("--issuer", "must be spelled as its tokens do: no trailing slash");
  }
  if (options.audience.empty())
    return wrong("--audience", "required: the audience tokens must be made for");
  if (options.audience == "https://sts.googleapis.com")
    return wrong("--audience", "must be your own: everybody's default tokens name this one");
  if (options.mode == ServiceMode::development) return {};
  for (const std::string& issuer : options.issuers) {
    if (!is_protected(issuer)) {
      return wrong(
          "--issuer",
          "must be https: its keys would cross the network unprotected (--dev allows http)");
    }
  }
  if (options.policy.empty())
    return wrong("--policy", "required: which tokens may have which secret");
  if (options.state.empty())
    return wrong("--state", "required: the directory of the secrets and the audit log");
  return {};
}

Result<ClaimsPolicy> load_policy(const std::filesystem::path& file) {
  if (file.empty()) return ClaimsPolicy::parse("built-in demo policy", kDemoPolicy);
  const auto text = read_file(file, kMaxPolicyFile);
  if (!text) return pass_on(text);
  return ClaimsPolicy::parse(file.string(), as_text(*text));
}

Status seed_demo(SecretStore& secrets) {
  const auto names = secrets.list();
  if (!names) return pass_on(names);
  if (std::find(names->begin(), names->end(), kDemoSecretName) != names->end()) return {};
  return secrets.put(kDemoSecretName, Secret(to_buffer(as_bytes(kDemoSecret))));
}

}  // namespace

/// Everything the service stands on, in the order of construction: the server goes first.
struct ReleaseServer::Parts {
  SystemClock clock;
  ClaimsPolicy policy;
  std::unique_ptr<SecretStore> secrets;
  std::unique_ptr<AuditLog> log;
  std::unique_ptr<HttpClient> http;
  std::unique_ptr<JwksCache> keys;
  std::unique_ptr<JwksRefresher> refresher;
  std::unique_ptr<ReleaseService> service;
  std::unique_ptr<HttpServer> server;
};

ReleaseServer::ReleaseServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
ReleaseServer::~ReleaseServer() { stop(); }

std::string ReleaseServer::url() const { return parts_->server->url(); }
std::vector<std::string> ReleaseServer::secrets() const { return parts_->policy.secrets(); }
void ReleaseServer::stop() {
  parts_->server->stop();
  parts_->service->close();
}

Result<std::unique_ptr<ReleaseServer>> ReleaseServer::start(const ReleaseServeOptions& options) {
  if (const Status valid = check(options); !valid) return pass_on(valid);
  auto parts = std::make_unique<Parts>();
  auto policy = load_policy(options.policy);
  if (!policy) return pass_on(policy);
  parts->policy = std::move(*policy);
  std::optional<KeptIssuerKeys> kept;
  if (options.state.empty()) {
    parts->secrets = make_memory_secrets();
    parts->log = make_memory_audit_log();
  } else {
    if (const Status made = make_private_directory(options.state); !made) return pass_on(made);
    auto secrets = open_sqlite_secrets(options.state / "secrets.db");
    if (!secrets) return pass_on(secrets);
    auto log = open_sqlite_audit_log(options.state / "audit.db");
    if (!log) return pass_on(log);
    auto keys = KeptIssuerKeys::open(options.state / "issuer-keys");
    if (!keys) return pass_on(keys);
    kept = std::move(*keys);
    parts->secrets = std::move(*secrets);
    parts->log = std::move(*log);
  }
  if (options.policy.empty()) {
    if (const Status seeded = seed_demo(*parts->secrets); !seeded) return pass_on(seeded);
  }

  using Emulated = ReleaseSettings::EmulatedTokens;
  const auto emulated = options.mode == ServiceMode::development
                            ? Emulated::accepted_for_development
                            : Emulated::refused;
  parts->http = make_http_client(options.ca_file.string());
  parts->keys = std::make_unique<JwksCache>(options.issuers, *parts->http, parts->clock,
                                            JwksCache::Times{}, std::move(kept));
  parts->refresher = std::make_unique<JwksRefresher>(*parts->keys);
  parts->service =
      std::make_unique<ReleaseService>(ReleaseSettings{options.audience, emulated}, parts->policy,
                                       *parts->keys, *parts->secrets, *parts->log, parts->clock);
  HttpServerOptions http;
  http.listen = options.listen;
  http.threads = options.threads;
  http.refuse = ReleaseService::refuse;
  auto server = HttpServer::start(http, std::cref(*parts->service));
  if (!server) return pass_on(server);
  parts->server = std::move(*server);
  return std::unique_ptr<ReleaseServer>(new ReleaseServer(std::move(parts)));
}

int run_release_serve(const ReleaseServeOptions& options, ReadyForm form, Io io) {
  block_stop_signals();
  const auto server = ReleaseServer::start(options);
  if (!server) return explain_start(io, server.error());
  if (form == ReadyForm::json) {
    io.out << json::serialize(json::object{
                  {"url", (*server)->url()},
                  {"audience", options.audience},
                  {"issuers", json::array(options.issuers.begin(), options.issuers.end())},
                  {"state", options.state.string()}})
           << "\n"
           << std::flush;
  } else {
    io.out << fmt::format(
        "secret-release service at {}\n  audience  {}\n  issuers   {}\n  state     {}\n  policy    "
        "{}\n",
        (*server)->url(), options.audience, fmt::join(options.issuers, ", "),
        options.state.empty() ? "in memory, lost when it ends" : options.state.string(),
        fmt::format("{} for {}", options.policy.empty() ? "built in" : options.policy.string(),
                    fmt::join((*server)->secrets(), ", ")));
    if (options.mode == ServiceMode::development) {
      io.out << "  DEVELOPMENT: tokens about emulated machines are accepted\n";
    }
    io.out << "  Ctrl-C stops it" << "\n" << std::flush;
  }
  warn_of_clear_http(options.listen, "tokens and secrets", io);
  wait_for_stop_signal();
  (*server)->stop();
  return kAccepted;
}

}  // namespace assay
