// SPDX-License-Identifier: Apache-2.0
#include "policy/expression/time.h"

#include <fmt/format.h>

#include <chrono>
#include <limits>

namespace assay {

namespace {

constexpr std::int64_t kFirst = -62135596800;  ///< 0001-01-01T00:00:00Z
constexpr std::int64_t kLast = 253402300799;   ///< 9999-12-31T23:59:59Z
constexpr std::int64_t kNanosOfSecond = 1'000'000'000;
constexpr std::int64_t kSecondsOfDay = 86'400;

/// Reads a text from its front.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}
  bool skip(std::string_view wanted) {
    if (!rest_.starts_with(wanted)) return false;
    rest_.remove_prefix(wanted.size());
    return true;
  }
  /// Exactly `digits` digits, as a number.
  std::optional<int> number(std::size_t digits) {
    if (rest_.size() < digits) return std::nullopt;
    int out = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (rest_[i] < '0' || rest_[i] > '9') return std::nullopt;
      out = out * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(digits);
    return out;
  }
  std::string_view digits() {
    const auto end = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
    const std::string_view out = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return out;
  }
  [[nodiscard]] bool empty() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  const std::int64_t q = a / b;
  return a % b < 0 ? q - 1 : q;
}

std::optional<CelTimestamp> in_range(std::int64_t seconds, std::int64_t nanos) {
  if (seconds < kFirst || seconds > kLast) return std::nullopt;
  return CelTimestamp{seconds, static_cast<std::int32_t>(nanos)};
}

/// Seconds of "Z" or "+hh:mm" east of Greenwich.
std::optional<int> parse_offset(Cursor& in) {
  if (in.skip("Z")) return 0;
  const int sign = in.skip("+") ? 1 : in.skip("-") ? -1 : 0;
  if (sign == 0) return std::nullopt;
  const auto hours = in.number(2);
  if (!hours || *hours > 23 || !in.skip(":")) return std::nullopt;
  const auto minutes = in.number(2);
  if (!minutes || *minutes > 59) return std::nullopt;
  return sign * (*hours * 60 + *minutes) * 60;
}

/// The digits after a point as nanoseconds; at most nine.
std::optional<std::int64_t> parse_fraction(std::string_view digits) {
  if (digits.empty() || digits.size() > 9) return std::nullopt;
  std::int64_t out = 0;
  for (std::size_t i = 0; i < 9; ++i) out = out * 10 + (i < digits.size() ? digits[i] - '0' : 0);
  return out;
}

std::string fraction_text(std::int64_t nanos) {
  if (nanos == 0) return {};
  std::string out = fmt::format(".{:09}", nanos);
  out.erase(out.find_last_not_of('0') + 1);
  return out;
}

std::optional<std::int64_t> unit_of(Cursor& in) {
  if (in.skip("h")) return 3600 * kNanosOfSecond;
  if (in.skip("ms")) return 1'000'000;
  if (in.skip("m")) return 60 * kNanosOfSecond;
  if (in.skip("s")) return kNanosOfSecond;
  if (in.skip("us")) return 1'000;
  if (in.skip("ns")) return 1;
  return std::nullopt;
}

/// out += negative ? -(digits * unit) : digits * unit; false on overflow.
bool accumulate(std::int64_t& out, std::string_view digits, std::int64_t unit, int sign) {
  std::int64_t number = 0;
  for (const char c : digits) {
    if (__builtin_mul_overflow(number, 10, &number)) return false;
    if (__builtin_add_overflow(number, c - '0', &number)) return false;
  }
  std::int64_t part = 0;
  if (__builtin_mul_overflow(number, unit, &part)) return false;
  return !__builtin_add_overflow(out, sign * part, &out);
}

/// The same for what stands after a point: digits below a nanosecond are cut.
bool accumulate_fraction(std::int64_t& out, std::string_view digits, std::int64_t unit, int sign) {
  std::int64_t part = 0;
  for (const char c : digits) {
    unit /= 10;
    part += (c - '0') * unit;
  }
  return !__builtin_add_overflow(out, sign * part, &out);
}

}  // namespace

std::optional<CelTimestamp> parse_cel_timestamp(std::string_view text) {
  Cursor in(text);
  const auto year = in.number(4);
  if (!year || !in.skip("-")) return std::nullopt;
  const auto month = in.number(2);
  if (!month || !in.skip("-")) return std::nullopt;
  const auto day = in.number(2);
  if (!day || !in.skip("T")) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  const auto hour = in.number(2);
  if (!hour || *hour > 23 || !in.skip(":")) return std::nullopt;
  const auto minute = in.number(2);
  if (!minute || *minute > 59 || !in.skip(":")) return std::nullopt;
  const auto second = in.number(2);
  if (!second || *second > 59 || !date.ok()) return std::nullopt;
  std::int64_t nanos = 0;
  if (in.skip(".")) {
    const auto fraction = parse_fraction(in.digits());
    if (!fraction) return std::nullopt;
    nanos = *fraction;
  }
  const auto offset = parse_offset(in);
  if (!offset || !in.empty()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return in_range(days * kSecondsOfDay + std::int64_t{*hour} * 3600 + std::int64_t{*minute} * 60 +
                      *second - *offset,
                  nanos);
}

std::optional<CelDuration> parse_cel_duration(std::string_view text) {
  Cursor in(text);
  const int sign = in.skip("-") ? -1 : 1;
  if (sign > 0) (void)in.skip("+");
  if (in.empty()) return std::nullopt;
  Cursor zero = in;
  if (zero.skip("0") && zero.empty()) return CelDuration{0};
  std::int64_t out = 0;
  while (!in.empty()) {
    const std::string_view whole = in.digits();
    const std::string_view fraction = in.skip(".") ? in.digits() : std::string_view();
    if (whole.empty() && fraction.empty()) return std::nullopt;
    const auto unit = unit_of(in);
    if (!unit || !accumulate(out, whole, *unit, sign) ||
        !accumulate_fraction(out, fraction, *unit, sign))
      return std::nullopt;
  }
  return CelDuration{out};
}

std::string cel_text(CelTimestamp time) {
  const CelCalendar c = calendar_of(time);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}Z", c.year, c.month, c.day, c.hour,
                     c.minute, c.second, fraction_text(time.nanos));
}

std::string cel_text(CelDuration duration) {
  const bool negative = duration.nanos < 0;
  const std::int64_t seconds = duration.nanos / kNanosOfSecond;
  const std::int64_t nanos = duration.nanos % kNanosOfSecond;
  return fmt::format("{}{}{}s", negative ? "-" : "", negative ? -seconds : seconds,
                     fraction_text(negative ? -nanos : nanos));
}

std::optional<CelTimestamp> add(CelTimestamp time, CelDuration duration) {
  const std::int64_t seconds = floor_divide(duration.nanos, kNanosOfSecond);
  const std::int64_t nanos = duration.nanos - seconds * kNanosOfSecond + time.nanos;
  return in_range(time.seconds + seconds + nanos / kNanosOfSecond, nanos % kNanosOfSecond);
}

std::optional<CelTimestamp> subtract(CelTimestamp time, CelDuration duration) {
  // The most negative span has no counterpart; no time is that far from another.
  if (duration.nanos == std::numeric_limits<std::int64_t>::min()) return std::nullopt;
  return add(time, CelDuration{-duration.nanos});
}

std::optional<CelDuration> subtract(CelTimestamp a, CelTimestamp b) {
  std::int64_t out = 0;
  if (__builtin_mul_overflow(a.seconds - b.seconds, kNanosOfSecond, &out)) return std::nullopt;
  if (__builtin_add_overflow(out, std::int64_t{a.nanos} - b.nanos, &out)) return std::nullopt;
  return CelDuration{out};
}

std::optional<CelDuration> add(CelDuration a, CelDuration b) {
  std::int64_t out = 0;
  if (__builtin_add_overflow(a.nanos, b.nanos, &out)) return std::nullopt;
  return CelDuration{out};
}

std::optional<CelDuration> subtract(CelDuration a, CelDuration b) {
  std::int64_t out = 0;
  if (__builtin_sub_overflow(a.nanos, b.nanos, &out)) return std::nullopt;
  return CelDuration{out};
}

std::optional<CelTimestamp> timestamp_of_seconds(std::int64_t seconds) {
  return in_range(seconds, 0);
}

CelCalendar calendar_of(CelTimestamp time) {
  using std::chrono::days;
  const std::int64_t day_number = floor_divide(time.seconds, kSecondsOfDay);
  const std::int64_t of_day = time.seconds - day_number * kSecondsOfDay;
  const std::chrono::sys_days day{days(static_cast<int>(day_number))};
  const std::chrono::year_month_day date(day);
  const std::chrono::sys_days new_year(date.year() / 1 / 1);
  return {static_cast<int>(date.year()),
          static_cast<int>(static_cast<unsigned>(date.month())),
          static_cast<int>(static_cast<unsigned>(date.day())),
          static_cast<int>(std::chrono::weekday(day).c_encoding()),
          static_cast<int>((day - new_year).count()),
          static_cast<int>(of_day / 3600),
          static_cast<int>(of_day / 60 % 60),
          static_cast<int>(of_day % 60),
          time.nanos / 1'000'000};
}

}  // namespace assay
