// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <thread>
#include <vector>

#include "services/jwks_cache.h"

namespace assay {

/// Keeps the keys of a JwksCache fresh, with one thread for each issuer, so that one that hangs
/// holds up no other.
class JwksRefresher {
 public:
  /// Fetches at once, and whenever it is time.  Borrows `cache`.
  explicit JwksRefresher(JwksCache& cache);
  /// Ends after what is being fetched: twice Times::fetch_timeout at the most.
  ~JwksRefresher() = default;
  JwksRefresher(const JwksRefresher&) = delete;
  JwksRefresher& operator=(const JwksRefresher&) = delete;

 private:
  std::vector<std::jthread> threads_;
};

}  // namespace assay
