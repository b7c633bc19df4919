// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "base/utf8.h"
#include "policy/expression/operation.h"
#include "policy/expression/time.h"

namespace assay {

namespace {

/// 2^63 and 2^64.
constexpr double kAboveInt = 9223372036854775808.0;
constexpr double kAboveUint = 18446744073709551616.0;

tl::unexpected<std::string> refuse(std::string why) { return tl::unexpected(std::move(why)); }

template <class T>
CelOutcome converted(const std::optional<T>& value, const CelValue& from, std::string_view to) {
  if (value) return CelValue(*value);
  return refuse(fmt::format("{} is no {}, or out of its range", show(from), to));
}

/// The whole of a text as a number.
template <class T>
std::optional<T> number_of(const std::string& text) {
  T out{};
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, out);
  if (error != std::errc() || stopped != end || text.empty()) return std::nullopt;
  return out;
}

std::optional<bool> bool_of(const std::string& text) {
  for (const std::string_view yes : {"true", "True", "TRUE", "t", "1"})
    if (text == yes) return true;
  for (const std::string_view no : {"false", "False", "FALSE", "f", "0"})
    if (text == no) return false;
  return std::nullopt;
}

std::int64_t code_points(std::string_view text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

std::string text_of(double d) {
  std::array<char, 32> out{};
  const auto [end, error] = std::to_chars(out.data(), out.data() + out.size(), d);
  return error == std::errc() ? std::string(out.data(), end) : std::string();
}

CelOutcome size_of(const CelValue& v, CelBudget& budget) {
  if (const auto* s = v.if_string()) {
    if (!budget.spend_on_bytes(s->size())) return out_of_steps();
    return CelValue(code_points(*s));
  }
  std::size_t size = 0;
  if (const auto* b = v.if_bytes())
    size = b->size();
  else if (const auto* l = v.if_list())
    size = l->size();
  else if (const auto* m = v.if_map())
    size = m->size();
  else
    return no_overload("size", v);
  return CelValue(static_cast<std::int64_t>(size));
}

CelOutcome search(const CelCallee& callee, const CelValue& in, const CelValue& wanted,
                  CelBudget& budget) {
  const std::string* text = in.if_string();
  const std::string* part = wanted.if_string();
  if (text == nullptr || part == nullptr) return no_overload(callee.name, in, wanted);
  if (callee.function == CelFunction::contains) {
    // A naive search looks at every place with every letter at worst.
    if (!budget.spend_on_bytes(text->size() * (1 + part->size() / 16))) return out_of_steps();
    return CelValue(text->find(*part) != std::string::npos);
  }
  if (!budget.spend_on_bytes(part->size())) return out_of_steps();
  return CelValue(callee.function == CelFunction::starts_with ? text->starts_with(*part)
                                                              : text->ends_with(*part));
}

CelOutcome match(const CelPattern& pattern, const CelValue& in, CelBudget& budget) {
  const std::string* text = in.if_string();
  if (text == nullptr) return no_overload("matches", in);
  if (!budget.spend_on_bytes((text->size() + 1) * pattern.size())) return out_of_steps();
  return CelValue(pattern.found_in(*text));
}

CelOutcome to_int(const CelValue& v) {
  if (v.if_int()) return v;
  if (const auto* u = v.if_uint()) {
    if (*u > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
      return refuse(fmt::format("range error: {} does not fit an int", *u));
    return CelValue(static_cast<std::int64_t>(*u));
  }
  if (const auto* d = v.if_double()) {
    // The conformance suite leaves out both ends: a double there stands for many integers.
    if (!(*d > -kAboveInt && *d < kAboveInt))
      return refuse(fmt::format("range error: {} does not fit an int", *d));
    return CelValue(static_cast<std::int64_t>(*d));
  }
  if (const auto* s = v.if_string()) return converted(number_of<std::int64_t>(*s), v, "int");
  if (const auto* t = v.if_timestamp()) return CelValue(t->seconds);
  return no_overload("int", v);
}

CelOutcome to_uint(const CelValue& v) {
  if (v.if_uint()) return v;
  if (const auto* i = v.if_int()) {
    if (*i < 0) return refuse(fmt::format("range error: {} does not fit a uint", *i));
    return CelValue(static_cast<std::uint64_t>(*i));
  }
  if (const auto* d = v.if_double()) {
    if (!(*d >= 0.0 && *d < kAboveUint))
      return refuse(fmt::format("range error: {} does not fit a uint", *d));
    return CelValue(static_cast<std::uint64_t>(*d));
  }
  if (const auto* s = v.if_string()) return converted(number_of<std::uint64_t>(*s), v, "uint");
  return no_overload("uint", v);
}

CelOutcome to_double(const CelValue& v) {
  if (v.if_double()) return v;
  if (const auto* i = v.if_int()) return CelValue(static_cast<double>(*i));
  if (const auto* u = v.if_uint()) return CelValue(static_cast<double>(*u));
  if (const auto* s = v.if_string()) return converted(number_of<double>(*s), v, "double");
  return no_overload("double", v);
}

CelOutcome to_string(const CelValue& v, CelBudget& budget) {
  if (v.if_string()) return v;
  if (const auto* b = v.if_bool()) return CelValue::string(*b ? "true" : "false");
  if (const auto* i = v.if_int()) return CelValue::string(fmt::format("{}", *i));
  if (const auto* u = v.if_uint()) return CelValue::string(fmt::format("{}", *u));
  if (const auto* d = v.if_double()) return CelValue::string(text_of(*d));
  if (const auto* t = v.if_timestamp()) return CelValue::string(cel_text(*t));
  if (const auto* d = v.if_duration()) return CelValue::string(cel_text(*d));
  const auto* b = v.if_bytes();
  if (b == nullptr) return no_overload("string", v);
  if (!budget.spend_on_bytes(b->size())) return out_of_steps();
  if (!is_utf8(*b)) return refuse("invalid UTF-8 in bytes");
  return CelValue::string(*b);
}

CelOutcome to_bytes(const CelValue& v, CelBudget& budget) {
  if (v.if_bytes()) return v;
  const auto* s = v.if_string();
  if (s == nullptr) return no_overload("bytes", v);
  if (!budget.spend_on_bytes(s->size())) return out_of_steps();
  return CelValue::bytes(*s);
}

CelOutcome to_bool(const CelValue& v) {
  if (v.if_bool()) return v;
  if (const auto* s = v.if_string()) return converted(bool_of(*s), v, "bool");
  return no_overload("bool", v);
}

CelOutcome to_timestamp(const CelValue& v) {
  if (v.if_timestamp()) return v;
  if (const auto* i = v.if_int()) return converted(timestamp_of_seconds(*i), v, "timestamp");
  if (const auto* s = v.if_string()) return converted(parse_cel_timestamp(*s), v, "timestamp");
  return no_overload("timestamp", v);
}

CelOutcome to_duration(const CelValue& v) {
  if (v.if_duration()) return v;
  if (const auto* s = v.if_string()) return converted(parse_cel_duration(*s), v, "duration");
  return no_overload("duration", v);
}

/// A span is converted to whole units; of milliseconds only those beyond its seconds count.
CelOutcome part_of(const CelCallee& callee, CelDuration span) {
  constexpr std::int64_t kMillisecond = 1'000'000, kSecond = 1000 * kMillisecond;
  if (callee.function == CelFunction::hours) return CelValue(span.nanos / (3600 * kSecond));
  if (callee.function == CelFunction::minutes) return CelValue(span.nanos / (60 * kSecond));
  if (callee.function == CelFunction::seconds) return CelValue(span.nanos / kSecond);
  if (callee.function == CelFunction::milliseconds)
    return CelValue(span.nanos % kSecond / kMillisecond);
  return no_overload(callee.name, CelValue(span));
}

/// The part of a time in UTC that a getter names.
CelOutcome part_of(const CelCallee& callee, const CelValue& v, int CelCalendar::* part, int first) {
  if (const auto* span = v.if_duration()) return part_of(callee, *span);
  const auto* time = v.if_timestamp();
  if (time == nullptr) return no_overload(callee.name, v);
  return CelValue(std::int64_t{calendar_of(*time).*part - first});
}

}  // namespace

CelOutcome call_cel(const CelCallee& callee, std::span<const CelValue> arguments,
                    CelBudget& budget) {
  const CelValue& v = arguments.front();
  switch (callee.function) {
    case CelFunction::to_dyn:
      return v;
    case CelFunction::size:
      return size_of(v, budget);
    case CelFunction::starts_with:
    case CelFunction::ends_with:
    case CelFunction::contains:
      return search(callee, v, arguments[1], budget);
    case CelFunction::matches:
      return match(*callee.pattern, v, budget);
    case CelFunction::to_int:
      return to_int(v);
    case CelFunction::to_uint:
      return to_uint(v);
    case CelFunction::to_double:
      return to_double(v);
    case CelFunction::to_string:
      return to_string(v, budget);
    case CelFunction::to_bytes:
      return to_bytes(v, budget);
    case CelFunction::to_bool:
      return to_bool(v);
    case CelFunction::to_timestamp:
      return to_timestamp(v);
    case CelFunction::to_duration:
      return to_duration(v);
    case CelFunction::full_year:
      return part_of(callee, v, &CelCalendar::year, 0);
    case CelFunction::month:
      return part_of(callee, v, &CelCalendar::month, 1);
    case CelFunction::date:
      return part_of(callee, v, &CelCalendar::day, 0);
    case CelFunction::day_of_month:
      return part_of(callee, v, &CelCalendar::day, 1);
    case CelFunction::day_of_week:
      return part_of(callee, v, &CelCalendar::day_of_week, 0);
    case CelFunction::day_of_year:
      return part_of(callee, v, &CelCalendar::day_of_year, 0);
    case CelFunction::hours:
      return part_of(callee, v, &CelCalendar::hour, 0);
    case CelFunction::minutes:
      return part_of(callee, v, &CelCalendar::minute, 0);
    case CelFunction::seconds:
      return part_of(callee, v, &CelCalendar::second, 0);
    case CelFunction::milliseconds:
      return part_of(callee, v, &CelCalendar::millisecond, 0);
  }
  return no_overload(callee.name, v);
}

}  // namespace assay
