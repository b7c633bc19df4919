// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.h"

namespace assay {

/// The machine's clock.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  }
};

}  // namespace assay
