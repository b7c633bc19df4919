// SPDX-License-Identifier: Apache-2.0
#include "services/jwks_cache.h"

#include <fmt/format.h>
#include <mutex>

#include "base/check.h"
#include "base/json.h"

namespace assay {
namespace {

constexpr std::size_t kMaxDocument = 256 * 1024;

bool is_http_url(std::string_view url) {
  return url.starts_with("http://") || url.starts_with("https://");
}

}  // namespace

/// What is known of one issuer.  `state` guards the rest and is held for moments; `flight` is held
/// by the one request that fetches.
struct JwksCache::Issuer {
  explicit Issuer(std::string issuer) : name(std::move(issuer)) {}

  struct Keys {
    JwkSet set;
    Instant fetched;
  };

  const std::string name;
  std::mutex flight;
  mutable std::mutex state;
  std::shared_ptr<const Keys> keys;
  std::optional<Instant> last_attempt;
  Error last_error{Fault::unavailable, name, "keys were never fetched"};

  [[nodiscard]] std::shared_ptr<const Keys> snapshot() const {
    const std::lock_guard lock(state);
    return keys;
  }
  /// A clock that was set back must not stop fetches until it has caught up.
  [[nodiscard]] bool may_fetch(Instant now, const Times& times) const {
    const std::lock_guard lock(state);
    const auto wait = keys == nullptr ? times.first_interval : times.refresh_interval;
    return !last_attempt || now < *last_attempt || now - *last_attempt >= wait;
  }
  [[nodiscard]] Error error() const {
    const std::lock_guard lock(state);
    return last_error;
  }
};

JwksCache::JwksCache(const std::vector<std::string>& issuers, const HttpClient& http,
                     const Clock& clock)
    : JwksCache(issuers, http, clock, Times{}) {}

JwksCache::JwksCache(const std::vector<std::string>& issuers, const HttpClient& http,
                     const Clock& clock, Times times)
    : http_(http), clock_(clock), times_(times) {
  for (const std::string& issuer : issuers)
    issuers_.emplace(issuer, std::make_unique<Issuer>(issuer));
}

JwksCache::~JwksCache() = default;

bool JwksCache::knows(std::string_view issuer) const { return issuers_.contains(issuer); }

Result<std::optional<Jwk>> JwksCache::find(std::string_view issuer_name, std::string_view kid) {
  const auto entry = issuers_.find(issuer_name);
  ASSAY_CHECK(entry != issuers_.end());
  Issuer& issuer = *entry->second;
  const Instant now = clock_.now();
  const auto fresh = [&](const auto& keys) {
    return keys && now - keys->fetched <= times_.max_age;
  };

  auto keys = issuer.snapshot();
  const bool known = fresh(keys) && keys->set.find(kid) != nullptr;
  if (known && now - keys->fetched <= times_.refresh_after) return *keys->set.find(kid);

  if (issuer.may_fetch(now, times_)) {
    // With a usable key at hand nobody waits for somebody else's fetch.
    std::unique_lock flight(issuer.flight, std::defer_lock);
    if (known ? flight.try_lock() : (flight.lock(), true)) {
      // Another request may have fetched while this one waited.
      if (issuer.may_fetch(clock_.now(), times_)) refresh(issuer);
    }
  } else if (!fresh(keys)) {
    // Somebody is fetching the first keys right now, or failed a moment ago: wait for the outcome.
    const std::lock_guard flight(issuer.flight);
  }

  keys = issuer.snapshot();
  if (!fresh(keys)) return tl::unexpected(issuer.error());
  const Jwk* key = keys->set.find(kid);
  return key == nullptr ? std::nullopt : std::optional<Jwk>(*key);
}

void JwksCache::refresh(Issuer& issuer) {
  {
    const std::lock_guard lock(issuer.state);
    issuer.last_attempt = clock_.now();
  }
  auto fetched = fetch(issuer.name);
  const Instant now = clock_.now();
  const std::lock_guard lock(issuer.state);
  // Those who waited meanwhile see this outcome; they do not repeat the attempt one by one.
  issuer.last_attempt = now;
  if (fetched) {
    issuer.keys = std::make_shared<const Issuer::Keys>(Issuer::Keys{std::move(*fetched), now});
  } else {
    issuer.last_error = {Fault::unavailable, fetched.error().where,
                         fetched.error().why};  // the last good keys stay
  }
}

/// OpenID Connect Discovery 1.0 section 4: the configuration lies below the issuer, and
/// section 4.3: "The issuer value returned MUST be identical to the Issuer URL that was directly
/// used to retrieve the configuration information".
Result<JwkSet> JwksCache::fetch(const std::string& issuer) const {
  const std::string url = issuer + "/.well-known/openid-configuration";
  const auto text = get(url);
  if (!text) return pass_on(text);
  const auto document = parse_json_object(url, *text, {.bytes = kMaxDocument});
  if (!document) return pass_on(document);
  const auto named = json_string(*document, "issuer");
  if (!named || *named != issuer) {
    return fail(Fault::untrusted, url, fmt::format("its issuer must be {} byte for byte", issuer));
  }
  const auto jwks_uri = json_string(*document, "jwks_uri");
  if (!jwks_uri || !is_http_url(*jwks_uri)) {
    return fail(Fault::malformed, url, "jwks_uri must be an http or https URL");
  }
  if (issuer.starts_with("https://") && !jwks_uri->starts_with("https://")) {
    return fail(Fault::untrusted, url, "an https issuer must have an https jwks_uri");
  }
  const auto keys = get(std::string(*jwks_uri));
  if (!keys) return pass_on(keys);
  auto set = JwkSet::parse(*jwks_uri, *keys);
  if (set && set->keys().empty())
    return fail(Fault::malformed, std::string(*jwks_uri), "holds no usable key");
  return set;
}

Result<std::string> JwksCache::get(const std::string& url) const {
  HttpCall call;
  call.url = url;
  call.max_response = kMaxDocument;
  call.timeout = times_.fetch_timeout;
  auto answer = http_.send(call);
  if (!answer) return pass_on(answer);
  if (answer->status != 200) {
    return fail(Fault::unavailable, url, fmt::format("answered {}", answer->status));
  }
  return std::move(answer->body);
}

}  // namespace assay
