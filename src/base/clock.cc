// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <fmt/format.h>

namespace assay {
namespace {

using namespace std::chrono;

/// Reads exactly `digits` decimal digits of `text` at `at` and moves on; -1 if they are not there.
int number(std::string_view text, std::size_t& at, std::size_t digits) {
  if (text.size() - at < digits) return -1;
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    const char c = text[at + i];
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  at += digits;
  return value;
}

/// Appends `digits` decimal digits of a number that has no more.
void append_number(std::string& out, std::int64_t number, std::size_t digits) {
  const std::size_t from = out.size();
  out.resize(from + digits);
  for (std::size_t i = digits; i > 0; --i, number /= 10)
    out[from + i - 1] = static_cast<char>('0' + number % 10);
}

bool literal(std::string_view text, std::size_t& at, std::string_view any_of) {
  if (at >= text.size() || any_of.find(text[at]) == std::string_view::npos) return false;
  ++at;
  return true;
}

}  // namespace

std::string rfc3339(Instant t) {
  const auto day = floor<days>(t);
  const year_month_day date{day};
  const hh_mm_ss time{t - day};
  std::string out = fmt::format("{:04}", static_cast<int>(date.year()));
  append_number(out += '-', static_cast<unsigned>(date.month()), 2);
  append_number(out += '-', static_cast<unsigned>(date.day()), 2);
  append_number(out += 'T', time.hours().count(), 2);
  append_number(out += ':', time.minutes().count(), 2);
  append_number(out += ':', time.seconds().count(), 2);
  if (time.subseconds().count() != 0) {
    append_number(out += '.', time.subseconds().count(), 6);
    out.erase(out.find_last_not_of('0') + 1);
  }
  return out += 'Z';
}

Result<Instant> parse_rfc3339(std::string_view where, std::string_view text) {
  const auto bad = [&] {
    return fail(Fault::malformed, std::string(where),
                fmt::format("'{}' is not a time like 2023-01-01T00:00:00Z", text.substr(0, 40)));
  };
  std::size_t at = 0;
  const int y = number(text, at, 4);
  if (y < 1970 || !literal(text, at, "-")) return bad();
  const int mo = number(text, at, 2);
  if (mo < 0 || !literal(text, at, "-")) return bad();
  const int d = number(text, at, 2);
  if (d < 0 || !literal(text, at, "Tt ")) return bad();
  const int h = number(text, at, 2);
  if (h < 0 || h > 23 || !literal(text, at, ":")) return bad();
  const int mi = number(text, at, 2);
  if (mi < 0 || mi > 59 || !literal(text, at, ":")) return bad();
  const int s = number(text, at, 2);
  if (s < 0 || s > 60) return bad();  // 60: a leap second, read as the next minute
  const year_month_day date{year{y}, month{static_cast<unsigned>(mo)},
                            day{static_cast<unsigned>(d)}};
  if (!date.ok()) return bad();

  std::int64_t micros = 0;
  if (literal(text, at, ".")) {
    const std::size_t first = at;
    std::int64_t unit = 100'000;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
      micros += (text[at] - '0') * unit;
      unit /= 10;
      ++at;
    }
    if (at == first || at - first > 9) return bad();
  }

  minutes offset{0};
  if (!literal(text, at, "Zz")) {
    const bool east = at < text.size() && text[at] == '+';
    if (!literal(text, at, "+-")) return bad();
    const int oh = number(text, at, 2);
    if (oh < 0 || oh > 23 || !literal(text, at, ":")) return bad();
    const int om = number(text, at, 2);
    if (om < 0 || om > 59) return bad();
    offset = hours{oh} + minutes{om};
    if (!east) offset = -offset;
  }
  if (at != text.size()) return bad();
  const Instant t =
      Instant{sys_days{date}} + hours{h} + minutes{mi} + seconds{s} + microseconds{micros} - offset;
  // An offset or a leap second may lead out of the years we write.
  if (t < Instant{} || t >= Instant{sys_days{year{10000} / 1 / 1}}) return bad();
  return t;
}

std::int64_t unix_seconds(Instant t) { return floor<seconds>(t).time_since_epoch().count(); }

Instant from_unix_seconds(std::int64_t s) { return Instant{seconds{s}}; }

}  // namespace assay
