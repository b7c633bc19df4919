// SPDX-License-Identifier: Apache-2.0
#include "services/attestation_client.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/base64.h"
#include "services/printable.h"

namespace assay {
namespace {

template <class T>
using Answer = tl::expected<T, ServiceRefusal>;

constexpr std::size_t kMaxAnswer = 1024 * 1024;
constexpr JsonLimits kAnswerLimits{.bytes = kMaxAnswer};

tl::unexpected<ServiceRefusal> malformed(std::string where, std::string why) {
  return tl::unexpected(ServiceRefusal{0, {Fault::malformed, std::move(where), std::move(why)}});
}

/// The server's own words, or where it has none the status.
std::string words_of(const HttpResponse& answer) {
  const auto body = parse_json_object("answer", answer.body, kAnswerLimits);
  const auto error = body ? json_object(*body, "error") : pass_on(body);
  const auto message = error ? json_string(**error, "message") : pass_on(error);
  const auto status = error ? json_string(**error, "status") : pass_on(error);
  if (!message) return fmt::format("HTTP {}, without an explanation", answer.status);
  return fmt::format("HTTP {}{}{}: {}", answer.status, status ? " " : "",
                     status ? printable(*status, 64) : "", printable(*message, 2048));
}

ServiceRefusal refusal(const std::string& url, const HttpResponse& answer) {
  // Nothing there, or too busy: that says nothing of this machine.
  const bool elsewhere = answer.status == 404 || answer.status == 429 || answer.status >= 500;
  const Fault fault = elsewhere ? Fault::unavailable : Fault::untrusted;
  return {answer.status, {fault, url, words_of(answer)}};
}

/// The name becomes part of the next URL: nothing in it may change that URL's meaning.
bool is_resource_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("/._-:").find(c) != std::string_view::npos;
  });
}

json::array base64_list(const std::vector<Buffer>& list) {
  json::array out;
  for (const Buffer& bytes : list) out.push_back(json::value(base64(bytes)));
  return out;
}

json::object quote_body(const Quote& quote) {
  json::object pcrs;
  for (std::size_t i = 0; i < kPcrCount; ++i) {
    if (const auto& value = quote.pcrs.values[i]) pcrs[std::to_string(i)] = base64(value->bytes());
  }
  return {{"hashAlgo", static_cast<int>(quote.pcrs.bank)},
          {"pcrValues", std::move(pcrs)},
          {"rawQuote", base64(quote.attest)},
          {"rawSignature", base64(quote.signature)}};
}

}  // namespace

AttestationClient::AttestationClient(const HttpClient& http, Place place, std::string access_token)
    : http_(http), place_(std::move(place)), access_token_(std::move(access_token)) {
  while (place_.endpoint.ends_with('/')) place_.endpoint.pop_back();
}

Answer<json::object> AttestationClient::call(const std::string& method, const std::string& name,
                                             const json::object* body) const {
  HttpCall call;
  call.method = method;
  call.url = fmt::format("{}/v1/{}", place_.endpoint, name);
  call.max_response = kMaxAnswer;
  if (!access_token_.empty()) call.headers.set("Authorization", "Bearer " + access_token_);
  if (body != nullptr) {
    call.headers.set("Content-Type", "application/json");
    call.body = json::serialize(*body);
  }
  const auto answer = http_.send(call);
  if (!answer) return tl::unexpected(ServiceRefusal{0, answer.error()});
  if (answer->status < 200 || answer->status > 299)
    return tl::unexpected(refusal(call.url, *answer));
  auto object = parse_json_object(call.url, answer->body, kAnswerLimits);
  if (!object) return tl::unexpected(ServiceRefusal{answer->status, object.error()});
  return std::move(*object);
}

Answer<void> AttestationClient::check_location() const {
  const auto found = call(
      "GET", fmt::format("projects/{}/locations/{}", place_.project, place_.location), nullptr);
  if (!found) return tl::unexpected(found.error());
  return {};
}

Answer<AttestationClient::Challenge> AttestationClient::create_challenge() const {
  const json::object empty;
  const auto answer = call(
      "POST", fmt::format("projects/{}/locations/{}/challenges", place_.project, place_.location),
      &empty);
  if (!answer) return tl::unexpected(answer.error());
  const auto name = json_string(*answer, "name");
  if (!name) return malformed("challenge", to_string(name.error()));
  if (!is_resource_name(*name)) {
    return malformed("challenge.name", "is not a resource name: " + printable(*name, 256));
  }
  const auto text = json_string(*answer, "tpmNonce");
  if (!text) return malformed("challenge", to_string(text.error()));
  auto nonce = parse_base64("challenge.tpmNonce", *text);
  if (!nonce) return malformed(nonce.error().where, nonce.error().why);
  if (nonce->empty()) return malformed("challenge.tpmNonce", "is empty");
  return Challenge{std::string(*name), std::move(*nonce)};
}

Answer<AttestationClient::Token> AttestationClient::verify(
    const Challenge& challenge, const Attestation& attestation,
    const std::vector<std::string>& identity_tokens, const Wishes& wishes) const {
  const json::object body =
      verify_attestation_body(challenge.name, attestation, identity_tokens, wishes);
  const auto answer = call("POST", challenge.name + ":verifyAttestation", &body);
  if (!answer) return tl::unexpected(answer.error());
  const auto jwt = json_string(*answer, "oidcClaimsToken");
  if (!jwt || jwt->empty()) return malformed("answer.oidcClaimsToken", "missing");
  Token token{std::string(*jwt), {}};
  if (const auto partial = json_array(*answer, "partialErrors")) {
    for (const json::value& error : **partial) {
      if (!error.is_object()) continue;
      if (const auto message = json_string(error.get_object(), "message")) {
        token.partial_errors.push_back(printable(*message, 1024));
      }
    }
  }
  return token;
}

json::object verify_attestation_body(const std::string& challenge, const Attestation& attestation,
                                     const std::vector<std::string>& identity_tokens,
                                     const AttestationClient::Wishes& wishes) {
  json::array quotes;
  for (const Quote& quote : attestation.quotes) quotes.push_back(quote_body(quote));
  json::object tpm{{"quotes", std::move(quotes)},
                   {"tcgEventLog", base64(attestation.event_log)},
                   {"akCert", base64(attestation.ak_cert)}};
  if (!attestation.canonical_event_log.empty())
    tpm["canonicalEventLog"] = base64(attestation.canonical_event_log);
  if (!attestation.intermediates.empty()) tpm["certChain"] = base64_list(attestation.intermediates);

  constexpr int kTokenTypeOidc = 1;
  json::object options{{"tokenType", kTokenTypeOidc}};
  if (!wishes.audience.empty()) options["audience"] = wishes.audience;
  if (!wishes.nonces.empty())
    options["nonce"] = json::array(wishes.nonces.begin(), wishes.nonces.end());

  json::object body{{"challenge", challenge},
                    {"tpmAttestation", std::move(tpm)},
                    {"tokenOptions", std::move(options)}};
  if (!identity_tokens.empty()) {
    body["gcpCredentials"] = json::object{
        {"serviceAccountIdTokens", json::array(identity_tokens.begin(), identity_tokens.end())}};
  }
  return body;
}

}  // namespace assay
