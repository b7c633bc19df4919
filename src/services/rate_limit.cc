// SPDX-License-Identifier: Apache-2.0
#include "services/rate_limit.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace assay {

RateLimit::RateLimit(Rate rate, const Clock& clock)
    : per_second_(rate.per_second),
      burst_(rate.burst),
      clock_(clock),
      left_(rate.burst),
      last_(clock.now()) {
  ASSAY_CHECK(rate.per_second > 0 && rate.burst > 0);
}

bool RateLimit::take() {
  const std::lock_guard lock(mutex_);
  refill();
  if (left_ < 1) return false;
  left_ -= 1;
  return true;
}

std::chrono::seconds RateLimit::wait() {
  const std::lock_guard lock(mutex_);
  refill();
  const double seconds = std::ceil((1 - left_) / per_second_);
  return std::chrono::seconds(std::max(1L, std::lround(seconds)));
}

bool RateLimit::recovered() {
  const std::lock_guard lock(mutex_);
  refill();
  return left_ * 2 >= burst_;
}

void RateLimit::refill() {
  const Instant now = clock_.now();
  const std::chrono::duration<double> passed = std::max(now, last_) - last_;
  left_ = std::min(burst_, left_ + passed.count() * per_second_);
  last_ = now;
}

}  // namespace assay
