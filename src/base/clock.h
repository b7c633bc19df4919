// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace assay {

/// A point in UTC, to the microsecond.
using Instant = std::chrono::sys_time<std::chrono::microseconds>;

/// Where `now` comes from, so that tests choose it.  Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Instant now() const = 0;
};

/// A clock that stands where it was put: for tests and `--now`.
class FixedClock final : public Clock {
 public:
  explicit FixedClock(Instant now) : now_(now) {}
  [[nodiscard]] Instant now() const override { return now_; }
  void set(Instant now) { now_ = now; }

 private:
  Instant now_;
};

/// "2023-01-01T00:00:00Z", with a fraction (".25") only where there is one.
std::string rfc3339(Instant t);
/// RFC 3339 section 5.6: date and time with `Z` or an offset, fraction up to nanoseconds (cut to
/// microseconds), years 1970 to 9999.  Fault::malformed names `where`.
Result<Instant> parse_rfc3339(std::string_view where, std::string_view text);

/// Whole seconds since 1970, as JWT's NumericDate (RFC 7519 section 2).
std::int64_t unix_seconds(Instant t);
Instant from_unix_seconds(std::int64_t seconds);

}  // namespace assay
