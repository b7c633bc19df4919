// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "crypto/jwk.h"
#include "http/client.h"
#include "services/kept_issuer_keys.h"

namespace assay {

/// The public keys of a fixed list of token issuers, found by OpenID Connect Discovery and kept
/// between requests.  Thread-safe.
///
/// find() never fetches: refresh() does, on threads of its own (JwksRefresher), at the start, when
/// keys age and when find() asks for it.  So an issuer that hangs holds up nobody whose key is
/// known.
///
/// A token cannot make it fetch anything but these issuers' documents: `jku`, `jwk` and `x5c` of a
/// header are never looked at.  Nor can it make it fetch often: an unknown `kid` causes at most one
/// fetch per `refresh_interval`, which all who ask meanwhile share.
class JwksCache {
 public:
  struct Times {
    std::chrono::seconds refresh_interval{30};  ///< least time between fetches of one issuer
    std::chrono::seconds first_interval{1};     ///< the same, while there are no keys at all
    std::chrono::seconds refresh_after{600};    ///< keys older than this are fetched anew
    std::chrono::seconds max_age{24 *
                                 3600};  ///< keys older than this are not used: an outage's limit
    std::chrono::milliseconds fetch_timeout{5000};
    std::chrono::milliseconds patience{1000};  ///< how long find() waits for a fetch
    int waiting = 2;  ///< how many find() may wait at once: they hold threads that serve others
  };

  /// Keys that were kept of an issuer serve until they can be fetched.  `kept` may be none.
  JwksCache(const std::vector<std::string>& issuers, const HttpClient& http, const Clock& clock,
            Times times, std::optional<KeptIssuerKeys> kept = std::nullopt);
  JwksCache(const std::vector<std::string>& issuers, const HttpClient& http, const Clock& clock);
  ~JwksCache();

  /// Whether `issuer` is on the list, byte for byte.
  [[nodiscard]] bool knows(std::string_view issuer) const;
  [[nodiscard]] std::vector<std::string> issuers() const;
  /// The key `kid` of an issuer on the list; none if the issuer does not publish it.  Where the key
  /// is not known and may be fetched, waits for that, up to Times::patience.
  /// Fault::unavailable when there are no keys of this issuer, or none in time.
  Result<std::optional<Jwk>> find(std::string_view issuer, std::string_view kid);

  /// Fetches the keys of `issuer` if it is time, in the calling thread; keeps the last good ones.
  void refresh_due(std::string_view issuer);
  /// Blocks until find() asks for keys of `issuer`, for at most `longest`, or until `stop`.
  void wait_for_demand(std::string_view issuer, std::chrono::milliseconds longest,
                       const std::stop_token& stop);

 private:
  struct Issuer;
  class Flight;
  [[nodiscard]] Issuer& entry(std::string_view issuer) const;
  [[nodiscard]] Result<JwkSet> fetch(const std::string& issuer) const;
  [[nodiscard]] Result<std::string> get(const std::string& url) const;

  const HttpClient& http_;
  const Clock& clock_;
  Times times_;
  std::optional<KeptIssuerKeys> kept_;
  std::atomic<int> waiting_{0};
  std::map<std::string, std::unique_ptr<Issuer>, std::less<>> issuers_;
};

}  // namespace assay
