// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <mutex>

#include "base/clock.h"

namespace assay {

/// A token bucket: `burst` at once, then `per_second`.  Thread-safe.  A clock that is set back
/// gives nothing and takes nothing.
class RateLimit {
 public:
  struct Rate {
    unsigned per_second = 20;
    unsigned burst = 200;
  };

  RateLimit(Rate rate, const Clock& clock);

  /// Takes one, if there is one.
  bool take();
  /// How long until there is one: whole seconds, at least 1.
  [[nodiscard]] std::chrono::seconds wait();
  /// Whether at least half of the burst is there again.
  [[nodiscard]] bool recovered();

 private:
  void refill();

  const double per_second_, burst_;
  const Clock& clock_;
  std::mutex mutex_;
  double left_;
  Instant last_;
};

}  // namespace assay
