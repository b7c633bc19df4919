// SPDX-License-Identifier: Apache-2.0
#pragma once

// For tests only: an identity issuer whose key the test holds, and an HTTP client that answers from
// a table.

#include <atomic>
#include <map>
#include <string>

#include "base/json.h"
#include "collateral/identity.h"
#include "collateral/trust.h"
#include "crypto/jws.h"
#include "crypto/private_key.h"
#include "http/client.h"

namespace assay {

inline constexpr const char* kTestIssuer = "https://identity.example";
inline constexpr const char* kTestEmail = "vm@my-project.iam.gserviceaccount.com";

/// One P-256 key for all tests of a program: making keys is slow.
inline const PrivateKey& test_identity_key() {
  static const PrivateKey key = PrivateKey::generate_p256();
  return key;
}

inline IdentityIssuer test_identity_issuer() {
  const PublicKey key = test_identity_key().public_key();
  return {kTestIssuer,
          JwkSet({{jwk_thumbprint(key), JwsAlgorithm::es256, key}}),
          {{kTestEmail, "roles/confidentialcomputing.workloadUser", "my-project"}}};
}

/// The claims of an access token at `now`; a test changes what it is about.
inline json::object access_claims(Instant now) {
  const std::int64_t at = unix_seconds(now);
  return {{"iss", kTestIssuer},          {"sub", "1"}, {"email", kTestEmail},
          {"aud", kAccessTokenAudience}, {"iat", at},  {"exp", at + 3600}};
}

inline json::object identity_claims(Instant now, std::string_view audience) {
  json::object claims = access_claims(now);
  claims["aud"] = audience;
  claims["email_verified"] = true;
  return claims;
}

inline std::string sign_identity(const json::object& claims, std::string_view typ) {
  return sign_jws(claims, test_identity_key(), jwk_thumbprint(test_identity_key().public_key()),
                  typ);
}

/// The JSON of an answer; a test whose answer is none fails here.
inline json::value parsed(const std::string& text) { return parse_json("answer", text).value(); }

inline std::string access_token(Instant now) {
  return sign_identity(access_claims(now), kAccessTokenType);
}

/// An HTTP client that answers from a table.
class FakeHttp final : public HttpClient {
 public:
  struct Answer {
    unsigned status = 200;
    std::string body;
  };
  Result<HttpResponse> send(const HttpCall& call) const override {
    ++calls;
    const auto answer = answers.find(call.url);
    if (unreachable || answer == answers.end())
      return fail(Fault::unavailable, call.url, "connection refused");
    return HttpResponse{answer->second.status, {}, answer->second.body};
  }
  std::map<std::string, Answer> answers;  ///< by URL
  bool unreachable = false;
  mutable std::atomic<int> calls{0};
};

}  // namespace assay
