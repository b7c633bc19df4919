// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "formats/attestation.h"
#include "http/client.h"

namespace assay {

/// Why an attestation service gave no answer of use.
struct ServiceRefusal {
  unsigned status = 0;  ///< HTTP; 0 where nothing answered
  Error
      error;  ///< untrusted for 4xx, unavailable for 5xx and silence; `why` has the server's words
};

/// The client side of the attestation API: Google's service, ours, or another that speaks it.
/// No thread of its own, no retry: a 503 may be repeated as it is, nothing else.
class AttestationClient {
 public:
  struct Place {
    std::string
        endpoint;  ///< "https://confidentialcomputing.googleapis.com", "http://127.0.0.1:8080"
    std::string project;   ///< id or number
    std::string location;  ///< "us-central1"
  };
  struct Challenge {
    std::string name;
    Buffer nonce;
  };
  /// What the token should say beyond the evidence.
  struct Wishes {
    std::string audience;             ///< empty: the service's default
    std::vector<std::string> nonces;  ///< into eat_nonce; needs an audience
  };
  struct Token {
    std::string jwt;
    std::vector<std::string> partial_errors;  ///< what the service did not verify, in its words
  };

  /// `access_token` is sent as bearer; empty sends none.
  AttestationClient(const HttpClient& http, Place place, std::string access_token);

  /// Asks whether the location is served; the refusal names those that are.
  tl::expected<void, ServiceRefusal> check_location() const;
  tl::expected<Challenge, ServiceRefusal> create_challenge() const;
  /// Uses up `challenge`.  Each identity token must have been made for the challenge's name.
  tl::expected<Token, ServiceRefusal> verify(const Challenge& challenge,
                                             const Attestation& attestation,
                                             const std::vector<std::string>& identity_tokens,
                                             const Wishes& wishes) const;

 private:
  tl::expected<json::object, ServiceRefusal> call(const std::string& method,
                                                  const std::string& name,
                                                  const json::object* body) const;

  const HttpClient& http_;
  Place place_;
  std::string access_token_;
};

/// The proto3 JSON of a VerifyAttestationRequest.
json::object verify_attestation_body(const std::string& challenge, const Attestation& attestation,
                                     const std::vector<std::string>& identity_tokens,
                                     const AttestationClient::Wishes& wishes);

}  // namespace assay
