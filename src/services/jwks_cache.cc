// SPDX-License-Identifier: Apache-2.0
#include "services/jwks_cache.h"

#include <fmt/format.h>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "base/check.h"
#include "base/json.h"
#include "services/operator_log.h"

namespace assay {
namespace {

constexpr std::size_t kMaxDocument = 256 * 1024;

bool is_http_url(std::string_view url) {
  return url.starts_with("http://") || url.starts_with("https://");
}

}  // namespace

/// What is known of one issuer.  `mutex` guards all but the name and is never held during a fetch.
struct JwksCache::Issuer {
  explicit Issuer(std::string issuer) : name(std::move(issuer)) {}

  const std::string name;
  std::mutex mutex;
  std::condition_variable_any demand;  ///< `wanted` has become true
  std::condition_variable outcome;     ///< `fetches` has grown
  std::optional<IssuerKeys> keys;
  bool wanted = false;
  bool fetching = false;
  std::uint64_t fetches = 0;  ///< that have ended, well or not
  std::optional<Instant> last_attempt;
  Error last_error{Fault::unavailable, name, "its keys were not fetched yet"};

  /// Nothing once they are too old.
  [[nodiscard]] const IssuerKeys* usable(Instant now, const Times& times) const {
    return keys && now - keys->fetched <= times.max_age ? &*keys : nullptr;
  }
  [[nodiscard]] const Jwk* find(std::string_view kid, Instant now, const Times& times) const {
    const IssuerKeys* found = usable(now, times);
    return found != nullptr ? found->set.find(kid) : nullptr;
  }
  /// A clock that was set back must not stop fetches until it has caught up.
  [[nodiscard]] bool has_passed(std::chrono::seconds wait, Instant now) const {
    return !last_attempt || now < *last_attempt || now - *last_attempt >= wait;
  }
  [[nodiscard]] bool may_fetch(Instant now, const Times& times) const {
    return has_passed(usable(now, times) ? times.refresh_interval : times.first_interval, now);
  }
  /// Whether the keys have to be fetched though nobody asks: never tried, or too old.
  [[nodiscard]] bool is_due(Instant now, const Times& times) const {
    const bool aged = !keys || now < keys->fetched || now - keys->fetched > times.refresh_after;
    return !last_attempt || (aged && has_passed(times.refresh_interval, now));
  }
};

JwksCache::JwksCache(const std::vector<std::string>& issuers, const HttpClient& http,
                     const Clock& clock)
    : JwksCache(issuers, http, clock, Times{}) {}

JwksCache::JwksCache(const std::vector<std::string>& issuers, const HttpClient& http,
                     const Clock& clock, Times times, std::optional<KeptIssuerKeys> kept)
    : http_(http), clock_(clock), times_(times), kept_(std::move(kept)) {
  for (const std::string& name : issuers) {
    auto issuer = std::make_unique<Issuer>(name);
    if (kept_) issuer->keys = kept_->load(name, clock_.now());
    issuers_.emplace(name, std::move(issuer));
  }
}

JwksCache::~JwksCache() = default;

bool JwksCache::knows(std::string_view issuer) const { return issuers_.contains(issuer); }

std::vector<std::string> JwksCache::issuers() const {
  std::vector<std::string> out;
  for (const auto& [name, issuer] : issuers_) out.push_back(name);
  return out;
}

JwksCache::Issuer& JwksCache::entry(std::string_view issuer) const {
  const auto found = issuers_.find(issuer);
  ASSAY_CHECK(found != issuers_.end());
  return *found->second;
}

Result<std::optional<Jwk>> JwksCache::find(std::string_view issuer_name, std::string_view kid) {
  Issuer& issuer = entry(issuer_name);
  const Instant now = clock_.now();
  std::unique_lock lock(issuer.mutex);
  // With a usable key at hand nobody waits for a fetch.
  if (const Jwk* key = issuer.find(kid, now, times_)) return *key;

  if (issuer.fetching || issuer.may_fetch(now, times_)) {
    if (!issuer.fetching && !issuer.wanted) {
      issuer.wanted = true;
      issuer.demand.notify_all();
    }
    const auto ended = [&, before = issuer.fetches] { return issuer.fetches != before; };
    const bool may_wait = ++waiting_ <= times_.waiting;
    const bool in_time = may_wait && issuer.outcome.wait_for(lock, times_.patience, ended);
    --waiting_;
    if (!in_time) {
      return fail(Fault::unavailable, issuer.name, "its keys are being fetched; try again");
    }
  }

  const IssuerKeys* keys = issuer.usable(now, times_);
  if (keys == nullptr) return tl::unexpected(issuer.last_error);
  const Jwk* key = keys->set.find(kid);
  return key == nullptr ? std::nullopt : std::optional<Jwk>(*key);
}

/// Ends a fetch for those who wait, however it ended: an exception must not leave them a fetch that
/// is never over.
class JwksCache::Flight {
 public:
  explicit Flight(Issuer& issuer) : issuer_(issuer) {}
  Flight(const Flight&) = delete;
  Flight& operator=(const Flight&) = delete;
  ~Flight() {
    {
      const std::lock_guard lock(issuer_.mutex);
      issuer_.fetching = false;
      ++issuer_.fetches;
    }
    issuer_.outcome.notify_all();
  }

 private:
  Issuer& issuer_;
};

void JwksCache::refresh_due(std::string_view issuer_name) {
  Issuer& issuer = entry(issuer_name);
  {
    const std::lock_guard lock(issuer.mutex);
    const Instant now = clock_.now();
    const bool asked = std::exchange(issuer.wanted, false) && issuer.may_fetch(now, times_);
    if (issuer.fetching || !(asked || issuer.is_due(now, times_))) return;
    issuer.fetching = true;
    issuer.last_attempt = now;
  }
  std::optional<IssuerKeys> good;
  {
    const Flight flight(issuer);
    auto fetched = fetch(issuer.name);
    const Instant now = clock_.now();
    const std::lock_guard lock(issuer.mutex);
    // Those who come later see this outcome; they do not repeat the attempt one by one.
    issuer.last_attempt = now;
    if (fetched) {
      good = IssuerKeys{std::move(*fetched), now};
      issuer.keys = good;
    } else {  // the last good keys stay
      issuer.last_error = {Fault::unavailable, fetched.error().where, fetched.error().why};
    }
  }
  if (!good || !kept_) return;
  if (const Status kept = kept_->keep(issuer.name, *good); !kept) tell_operator(kept.error());
}

void JwksCache::wait_for_demand(std::string_view issuer_name, std::chrono::milliseconds longest,
                                const std::stop_token& stop) {
  Issuer& issuer = entry(issuer_name);
  std::unique_lock lock(issuer.mutex);
  issuer.demand.wait_for(lock, stop, longest, [&] { return issuer.wanted; });
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
