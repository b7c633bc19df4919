// SPDX-License-Identifier: Apache-2.0
#include "services/jwt_rules.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

constexpr std::int64_t kNow = 1'700'000'000;

json::object good() {
  return {{"iss", "https://a.example"},
          {"aud", "me"},
          {"iat", kNow},
          {"nbf", kNow},
          {"exp", kNow + 3600}};
}

std::string failed(const json::object& claims) {
  std::string out;
  for (const Check& c :
       check_jwt_claims(claims, {"https://a.example", "me", from_unix_seconds(kNow)})) {
    if (c.verdict != CheckVerdict::pass) out.append(out.empty() ? "" : " ").append(c.id.view());
  }
  return out;
}

TEST(JwtRules, AcceptATokenInItsTime) {
  EXPECT_EQ(failed(good()), "");
  EXPECT_EQ(check_jwt_claims(good(), {"https://a.example", "me", from_unix_seconds(kNow)}).size(),
            6u);
}

TEST(JwtRules, SayWhichRuleAClaimBreaks) {
  struct Case {
    const char* name;
    const char* claim;
    json::value value;  ///< null removes the claim
    const char* failed;
  };
  const Case cases[] = {
      {"another issuer", "iss", "https://b.example", "token.issuer"},
      {"the issuer with a slash", "iss", "https://a.example/", "token.issuer"},
      {"no issuer", "iss", nullptr, "token.issuer"},
      {"another audience", "aud", "you", "token.audience"},
      {"an audience that only starts right", "aud", "me2", "token.audience"},
      {"audience in a list", "aud", {"you", "me"}, ""},
      {"a list without it", "aud", {"you"}, "token.audience"},
      {"a list with a number in it", "aud", {"me", 1}, "token.audience"},
      {"an empty list", "aud", json::array(), "token.audience"},
      {"no audience", "aud", nullptr, "token.audience"},
      {"expired 59 s ago: within the leeway", "exp", kNow - 59, "token.lifetime"},
      {"expired 60 s ago", "exp", kNow - 60, "token.expired token.lifetime"},
      {"never expires", "exp", nullptr, "token.expired token.lifetime"},
      {"expiry as text", "exp", "1800000000", "token.expired token.lifetime"},
      {"expiry with a fraction", "exp", static_cast<double>(kNow) + 10.5, ""},
      {"expiry beyond all calendars", "exp", 1e300, "token.expired token.lifetime"},
      {"expiry below zero", "exp", -1, "token.expired token.lifetime"},
      {"valid in 60 s", "nbf", kNow + 60, ""},
      {"valid in 61 s", "nbf", kNow + 61, "token.not_before"},
      {"no nbf", "nbf", nullptr, ""},
      {"nbf as text", "nbf", "x", "token.not_before"},
      {"issued in 61 s", "iat", kNow + 61, "token.issued_at"},
      {"no iat", "iat", nullptr, "token.issued_at token.lifetime"},
      {"lives for a day", "exp", kNow + 86400, ""},
      {"lives for a day and a second", "exp", kNow + 86401, "token.lifetime"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    json::object claims = good();
    if (c.value.is_null()) {
      claims.erase(c.claim);
    } else {
      claims[c.claim] = c.value;
    }
    EXPECT_EQ(failed(claims), c.failed);
  }
}

}  // namespace
}  // namespace assay
