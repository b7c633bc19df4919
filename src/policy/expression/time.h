// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policy/expression/value.h"

namespace assay {

/// RFC 3339 section 5.6, "2026-11-23T09:30:00.25Z" or with an offset, years 1 to 9999, at most
/// nine digits of fraction; nothing for any other text or a time out of range.
std::optional<CelTimestamp> parse_cel_timestamp(std::string_view text);

/// "1h30m", "-1.5s", "250ms", "0": numbers, each with a unit of h, m, s, ms, us or ns; nothing for
/// any other text or a span out of range.
std::optional<CelDuration> parse_cel_duration(std::string_view text);

/// "2026-11-23T09:30:00.25Z".
std::string cel_text(CelTimestamp time);
/// Seconds: "5400s", "-1.5s".
std::string cel_text(CelDuration duration);

/// Nothing where the result is out of range.
std::optional<CelTimestamp> add(CelTimestamp time, CelDuration duration);
std::optional<CelTimestamp> subtract(CelTimestamp time, CelDuration duration);
std::optional<CelDuration> subtract(CelTimestamp a, CelTimestamp b);
std::optional<CelDuration> add(CelDuration a, CelDuration b);
std::optional<CelDuration> subtract(CelDuration a, CelDuration b);
std::optional<CelTimestamp> timestamp_of_seconds(std::int64_t seconds);

/// The parts of a time in UTC.
struct CelCalendar {
  int year, month, day;          ///< month and day from 1
  int day_of_week, day_of_year;  ///< from 0; 0 is Sunday
  int hour, minute, second;
  int millisecond;
};
CelCalendar calendar_of(CelTimestamp time);

}  // namespace assay
