// SPDX-License-Identifier: Apache-2.0
#include "services/verify_request.h"

#include <string>

#include "fuzz.h"
#include "services/attestation_client.h"

namespace assay {
namespace {

constexpr const char* kChallenge = "projects/p/locations/us-central1/challenges/c";

/// The limits of docs/http-api.md.
void check_limits(const VerifyRequest& request) {
  ASSAY_CHECK(!request.attestation.quotes.empty() && request.attestation.quotes.size() <= 8);
  ASSAY_CHECK(request.identity_tokens.size() <= 8);
  ASSAY_CHECK(!request.audience.empty() && request.audience.size() <= 512);
  ASSAY_CHECK(request.nonces.size() <= 6);
  for (const std::string& nonce : request.nonces) {
    ASSAY_CHECK(nonce.size() >= 8 && nonce.size() <= 88);
  }
  ASSAY_CHECK(request.nonces.empty() || request.audience != kDefaultAudience);
}

/// As our own client would send it.
std::string body_of(const VerifyRequest& request) {
  const bool named = request.audience != kDefaultAudience;
  return json::serialize(verify_attestation_body(kChallenge, request.attestation,
                                                 request.identity_tokens,
                                                 {named ? request.audience : "", request.nonces}));
}

}  // namespace
}  // namespace assay

/// A request is refused as a client can read it, or is within its limits and the same when our
/// client sends it.
void fuzz(assay::Bytes in) {
  using namespace assay;
  const auto request = parse_verify_request(as_text(in), kChallenge);
  if (!request) {
    const ApiError& error = request.error();
    ASSAY_CHECK(error.http == 400 || error.http == 413);
    ASSAY_CHECK(!error.message.empty() && !error.reason.empty());
    ASSAY_CHECK(parse_json_object("answer", to_response(error).body));
    return;
  }
  check_limits(*request);
  const auto again = parse_verify_request(body_of(*request), kChallenge);
  ASSAY_CHECK(again);
  ASSAY_CHECK(again->attestation == request->attestation);
  ASSAY_CHECK(again->identity_tokens == request->identity_tokens);
  ASSAY_CHECK(again->audience == request->audience && again->nonces == request->nonces);
}
