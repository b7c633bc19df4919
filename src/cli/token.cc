// SPDX-License-Identifier: Apache-2.0
#include "cli/token.h"

#include "cli/tpm_option.h"
#include "collect/kernel_log.h"
#include "collect/metadata.h"
#include "crypto/jws.h"
#include "host/file.h"
#include "http/client.h"
#include "services/attestation_client.h"

namespace assay {
namespace {

/// What the VM has at hand before it troubles the service.
struct Machine {
  Tpm tpm;
  Buffer event_log;
  std::string project, location, access_token;
};

Result<Machine> prepare(const TokenOptions& options, const MetadataClient& metadata) {
  auto tpm = open_tpm(options.tcti, options.tpm_path);
  if (!tpm) return pass_on(tpm);
  auto log = options.event_log.empty() ? read_kernel_log() : read_event_log(options.event_log);
  if (!log) return pass_on(log);
  auto location =
      options.location.empty() ? metadata.region() : Result<std::string>(options.location);
  if (!location) return pass_on(location);
  auto project = metadata.project_id();
  if (!project) return pass_on(project);
  auto access = metadata.access_token();
  if (!access) return pass_on(access);
  return Machine{std::move(*tpm), std::move(*log), std::move(*project), std::move(*location),
                 std::move(*access)};
}

using Token = AttestationClient::Token;

/// Location, challenge, evidence, token: the calls of Google's own client, in its order.
Result<Token> fetch_token(const TokenOptions& options, const HttpClient& http) {
  const MetadataClient metadata = MetadataClient::at(options.metadata_host, http);
  auto machine = prepare(options, metadata);
  if (!machine) return pass_on(machine);

  const AttestationClient service(http, {options.endpoint, machine->project, machine->location},
                                  machine->access_token);
  if (const auto served = service.check_location(); !served)
    return tl::unexpected(served.error().error);
  const auto challenge = service.create_challenge();
  if (!challenge) return tl::unexpected(challenge.error().error);
  const auto identity = metadata.identity_token(challenge->name);
  if (!identity) return pass_on(identity);
  const auto evidence =
      collect_attestation(machine->tpm, {.nonce = challenge->nonce,
                                         .key = options.key,
                                         .algorithm = options.algorithm,
                                         .event_log = std::move(machine->event_log),
                                         .http = &http});
  if (!evidence) return pass_on(evidence);
  auto token =
      service.verify(*challenge, *evidence, {*identity}, {options.audience, options.custom_nonces});
  if (!token) return tl::unexpected(token.error().error);
  return std::move(*token);
}

/// The token as it is to be written.
Result<std::string> text_of(const TokenOptions& options, const Token& token) {
  if (options.form == TokenOptions::Form::jwt) return token.jwt;
  const auto jws = parse_jws(token.jwt);
  if (!jws) return pass_on(jws);
  return json::serialize(json::object{{"token", token.jwt}, {"claims", jws->payload}});
}

}  // namespace

int run_token(const TokenOptions& options, Io io) {
  if (!options.custom_nonces.empty() && options.audience.empty()) {
    io.err << "assay: --custom-nonce: needs --audience: a nonce is for somebody\n";
    return kUsage;
  }
  if (!options.endpoint.starts_with("https://") && !options.endpoint.starts_with("http://"))
    return explain_start(
        io, {Fault::malformed, "--verifier-endpoint", "wants a URL like https://HOST:PORT"});
  const auto http = make_http_client(options.ca_file.string());
  const auto token = fetch_token(options, *http);
  if (!token) return explain(io, token.error());
  for (const std::string& error : token->partial_errors)
    io.err << "assay: the service says: " << error << "\n";
  const auto text = text_of(options, *token);
  if (!text) return explain(io, text.error());
  if (options.output.empty()) {
    io.out << *text << "\n";
    return kAccepted;
  }
  const Status written = write_file(options.output, as_bytes(*text), FileAccess::owner_only);
  return written ? kAccepted : explain(io, written.error());
}

}  // namespace assay
