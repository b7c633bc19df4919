// SPDX-License-Identifier: Apache-2.0
#include "services/jwt_rules.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <optional>

#include "base/check.h"
#include "services/printable.h"

namespace assay {
namespace {

Check check(std::string id, bool ok, std::string expected, std::string got, std::string hint) {
  return {std::move(id), ok ? CheckVerdict::pass : CheckVerdict::fail, std::move(expected),
          std::move(got), ok ? std::string() : std::move(hint)};
}

/// A NumericDate: seconds since 1970, "ignoring leap seconds", perhaps with a fraction, which is
/// cut. RFC 7519 section 2.  Nothing before 1970 or after the year 9999, and no text.
std::optional<Instant> numeric_date(const json::value& v) {
  constexpr std::int64_t kEnd = 253402300800;  // 10000-01-01T00:00:00Z
  std::int64_t seconds = -1;
  if (const std::int64_t* i = v.if_int64()) seconds = *i;
  if (const double* d = v.if_double(); d != nullptr && *d >= 0 && *d < static_cast<double>(kEnd)) {
    seconds = static_cast<std::int64_t>(std::floor(*d));
  }
  if (seconds < 0 || seconds >= kEnd) return std::nullopt;
  return from_unix_seconds(seconds);
}

/// A time claim: absent, unreadable or a time.
struct TimeClaim {
  bool present = false;
  std::optional<Instant> at;
  [[nodiscard]] std::string shown() const {
    return at ? rfc3339(*at) : present ? "not a NumericDate" : "missing";
  }
};

TimeClaim time_claim(const json::object& claims, std::string_view name) {
  const json::value* v = claims.if_contains(name);
  return v == nullptr ? TimeClaim{} : TimeClaim{true, numeric_date(*v)};
}

std::string shown(const json::value* v) {
  return v == nullptr ? "missing" : printable(json::serialize(*v), 256);
}

/// "The 'iss' value is a case-sensitive string"; RFC 8725 section 3.8: an application MUST reject a
/// token whose issuer is not the one whose keys it used.
Check check_issuer(const json::object& claims, const std::string& issuer) {
  const json::value* iss = claims.if_contains("iss");
  const bool ok = iss != nullptr && iss->is_string() && iss->get_string() == issuer;
  return check("token.issuer", ok, issuer, shown(iss), "get a token from that issuer");
}

/// "If the principal processing the claim does not identify itself with a value in the 'aud' claim
/// when this claim is present, then the JWT MUST be rejected"; a string or an array of strings. RFC
/// 7519 section 4.1.3.  Here an absent one is refused too.
Check check_audience(const json::object& claims, const std::string& audience) {
  const auto is_ours = [&](const json::value& v) {
    return v.is_string() && v.get_string() == audience;
  };
  const json::value* aud = claims.if_contains("aud");
  bool ok = false;
  if (aud != nullptr && aud->is_array()) {
    const json::array& list = aud->get_array();
    const auto text = [](const json::value& v) { return v.is_string(); };
    ok = std::all_of(list.begin(), list.end(), text) &&
         std::any_of(list.begin(), list.end(), is_ours);
  } else if (aud != nullptr) {
    ok = is_ours(*aud);
  }
  return check("token.audience", ok, audience, shown(aud), "ask for a token with this audience");
}

/// "The 'exp' claim identifies the expiration time on or after which the JWT MUST NOT be accepted".
/// RFC 7519 section 4.1.4.  Required here.
Check check_expiry(const json::object& claims, const JwtRules& rules) {
  const TimeClaim exp = time_claim(claims, "exp");
  return check("token.expired", exp.at && rules.now < *exp.at + rules.leeway,
               fmt::format("exp after {}", rfc3339(rules.now - rules.leeway)), exp.shown(),
               "get a new token");
}

/// "The 'nbf' claim identifies the time before which the JWT MUST NOT be accepted".  RFC 7519
/// section 4.1.5.
Check check_not_before(const json::object& claims, const JwtRules& rules) {
  const TimeClaim nbf = time_claim(claims, "nbf");
  return check("token.not_before", !nbf.present || (nbf.at && *nbf.at <= rules.now + rules.leeway),
               fmt::format("none, or nbf up to {}", rfc3339(rules.now + rules.leeway)), nbf.shown(),
               "compare the clocks of this machine and of the issuer");
}

/// RFC 7519 section 4.1.6.  Required here: without it nothing bounds the token's age.
Check check_issued_at(const json::object& claims, const JwtRules& rules) {
  const TimeClaim iat = time_claim(claims, "iat");
  return check("token.issued_at", iat.at && *iat.at <= rules.now + rules.leeway,
               fmt::format("iat up to {}", rfc3339(rules.now + rules.leeway)), iat.shown(),
               "compare the clocks of this machine and of the issuer");
}

/// A token for years is a password: exp - iat is bounded.
Check check_lifetime(const json::object& claims, const JwtRules& rules) {
  const TimeClaim iat = time_claim(claims, "iat");
  const TimeClaim exp = time_claim(claims, "exp");
  const bool known = iat.at && exp.at;
  const bool ok = known && *exp.at >= *iat.at && *exp.at - *iat.at <= rules.max_lifetime;
  return check(
      "token.lifetime", ok, fmt::format("exp - iat from 0 to {} s", rules.max_lifetime.count()),
      known ? fmt::format("{} s", unix_seconds(*exp.at) - unix_seconds(*iat.at)) : "unknown",
      "configure the issuer for shorter tokens");
}

}  // namespace

std::vector<Check> check_jwt_claims(const json::object& claims, const JwtRules& rules) {
  ASSAY_CHECK(!rules.issuer.empty() && !rules.audience.empty());
  return {check_issuer(claims, rules.issuer), check_audience(claims, rules.audience),
          check_expiry(claims, rules),        check_not_before(claims, rules),
          check_issued_at(claims, rules),     check_lifetime(claims, rules)};
}

const Check* first_failure(const std::vector<Check>& checks) {
  const auto failed = std::find_if(checks.begin(), checks.end(), [](const Check& c) {
    return c.verdict != CheckVerdict::pass && c.verdict != CheckVerdict::absent;
  });
  return failed == checks.end() ? nullptr : &*failed;
}

}  // namespace assay
