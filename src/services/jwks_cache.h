// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "crypto/jwk.h"
#include "http/client.h"

namespace assay {

/// The public keys of a fixed list of token issuers, found by OpenID Connect Discovery and kept
/// between requests.  Thread-safe.
///
/// A token cannot make it fetch anything but these issuers' documents: `jku`, `jwk` and `x5c` of a
/// header are never looked at.  Nor can it make it fetch often: an unknown `kid` causes at most one
/// refresh per `refresh_interval`, by one request while others go on with what is there.
class JwksCache {
 public:
  struct Times {
    std::chrono::seconds refresh_interval{30};  ///< least time between fetches of one issuer
    std::chrono::seconds first_interval{1};     ///< the same, while there are no keys at all
    std::chrono::seconds refresh_after{
        600};  ///< keys older than this are fetched anew when asked for
    std::chrono::seconds max_age{24 *
                                 3600};  ///< keys older than this are not used: an outage's limit
    std::chrono::milliseconds fetch_timeout{5000};
  };

  JwksCache(const std::vector<std::string>& issuers, const HttpClient& http, const Clock& clock,
            Times times);
  JwksCache(const std::vector<std::string>& issuers, const HttpClient& http, const Clock& clock);
  ~JwksCache();

  /// Whether `issuer` is on the list, byte for byte.
  [[nodiscard]] bool knows(std::string_view issuer) const;
  /// The key `kid` of an issuer on the list; none if the issuer does not publish it.
  /// Fault::unavailable when there are no keys of this issuer and none can be fetched.
  Result<std::optional<Jwk>> find(std::string_view issuer, std::string_view kid);

 private:
  struct Issuer;
  [[nodiscard]] Result<JwkSet> fetch(const std::string& issuer) const;
  [[nodiscard]] Result<std::string> get(const std::string& url) const;
  void refresh(Issuer& issuer);

  const HttpClient& http_;
  const Clock& clock_;
  Times times_;
  std::map<std::string, std::unique_ptr<Issuer>, std::less<>> issuers_;
};

}  // namespace assay
