// SPDX-License-Identifier: Apache-2.0
#include "policy/expression/value.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/bytes.h"
#include "base/hex.h"
#include "policy/expression/time.h"

namespace assay {

namespace {

/// 2^63 and 2^64: the first doubles above every int and every uint.
constexpr double kAboveInt = 9223372036854775808.0;
constexpr double kAboveUint = 18446744073709551616.0;

/// An integer of either sign: `below_zero` tells -1 from 18446744073709551615u.
struct Whole {
  bool below_zero;
  std::uint64_t bits;
};

std::optional<Whole> whole_of(const CelValue& v) {
  if (const auto* i = v.if_int()) return Whole{*i < 0, static_cast<std::uint64_t>(*i)};
  if (const auto* u = v.if_uint()) return Whole{false, *u};
  return std::nullopt;
}

std::strong_ordering compare(Whole a, Whole b) {
  if (a.below_zero != b.below_zero)
    return a.below_zero ? std::strong_ordering::less : std::strong_ordering::greater;
  return a.bits <=> b.bits;  // two's complement keeps the order among negatives
}

std::optional<std::strong_ordering> compare(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::nullopt;
  if (a < b) return std::strong_ordering::less;
  return a > b ? std::strong_ordering::greater : std::strong_ordering::equal;
}

/// As doubles, which is what CEL's conformance cases want: the largest int equals 2^63.
std::optional<std::strong_ordering> compare(Whole a, double b) {
  return compare(a.below_zero ? static_cast<double>(static_cast<std::int64_t>(a.bits))
                              : static_cast<double>(a.bits),
                 b);
}

std::strong_ordering reversed(std::strong_ordering order) { return 0 <=> order; }

/// Booleans before numbers before strings.
enum class KeyClass { boolean, number, string };

std::optional<KeyClass> key_class(const CelValue& v) {
  if (v.if_bool()) return KeyClass::boolean;
  if (v.if_int() || v.if_uint()) return KeyClass::number;
  if (v.if_string()) return KeyClass::string;
  return std::nullopt;
}

/// Of two keys.
std::strong_ordering compare_keys(const CelValue& a, const CelValue& b) {
  const std::optional<KeyClass> of_a = key_class(a), of_b = key_class(b);
  if (of_a != of_b || !of_a) return of_a <=> of_b;
  const auto whole_a = whole_of(a), whole_b = whole_of(b);
  switch (*of_a) {
    case KeyClass::boolean:
      return *a.if_bool() <=> *b.if_bool();
    case KeyClass::number:
      return whole_a && whole_b ? compare(*whole_a, *whole_b)
                                : whole_a.has_value() <=> whole_b.has_value();
    case KeyClass::string:
      return *a.if_string() <=> *b.if_string();
  }
  return std::strong_ordering::equal;
}

/// The integer that a whole double is, so that m[2.0] finds m[2].
CelValue as_key(const CelValue& v) {
  const double* d = v.if_double();
  if (d == nullptr || std::floor(*d) != *d || *d < -kAboveInt || *d >= kAboveUint) return v;
  return *d < kAboveInt ? CelValue(static_cast<std::int64_t>(*d))
                        : CelValue(static_cast<std::uint64_t>(*d));
}

std::optional<bool> equal_lists(const CelList& a, const CelList& b, CelBudget& budget) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto same = equal_values(a[i], b[i], budget);
    if (!same || !*same) return same;
  }
  return true;
}

std::optional<bool> equal_maps(const CelEntries& a, const CelEntries& b, CelBudget& budget) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {  // both are sorted
    if (!budget.spend(1)) return std::nullopt;
    if (compare_keys(a[i].first, b[i].first) != std::strong_ordering::equal) return false;
    const auto same = equal_values(a[i].second, b[i].second, budget);
    if (!same || !*same) return same;
  }
  return true;
}

constexpr std::size_t kShown = 200;

std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text.substr(0, kShown)) {
    if (c == '\'' || c == '\\') out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  out += text.size() > kShown ? "...'" : "'";
  return out;
}

std::string shown_double(double d) {
  const std::string text = fmt::format("{}", d);
  return text.find_first_not_of("-0123456789") == std::string::npos ? text + ".0" : text;
}

void show(const CelValue& v, std::string& out) {
  if (out.size() > kShown) return;
  switch (v.kind()) {
    case CelKind::null:
      out += "null";
      break;
    case CelKind::boolean:
      out += *v.if_bool() ? "true" : "false";
      break;
    case CelKind::integer:
      out += fmt::format("{}", *v.if_int());
      break;
    case CelKind::unsigned_integer:
      out += fmt::format("{}u", *v.if_uint());
      break;
    case CelKind::floating:
      out += shown_double(*v.if_double());
      break;
    case CelKind::string:
      out += in_quotes(*v.if_string());
      break;
    case CelKind::bytes:
      out += fmt::format(
          "b'{}'", hex(as_bytes(*v.if_bytes()).first(std::min(kShown / 2, v.if_bytes()->size()))));
      break;
    case CelKind::timestamp:
      out += fmt::format("timestamp('{}')", cel_text(*v.if_timestamp()));
      break;
    case CelKind::duration:
      out += fmt::format("duration('{}')", cel_text(*v.if_duration()));
      break;
    case CelKind::list: {
      out += '[';
      bool first = true;
      for (const CelValue& element : *v.if_list()) {
        if (!first) out += ", ";
        first = false;
        show(element, out);
        if (out.size() > kShown) break;
      }
      out += ']';
      break;
    }
    case CelKind::map: {
      out += '{';
      bool first = true;
      for (const auto& [key, value] : *v.if_map()) {
        if (!first) out += ", ";
        first = false;
        show(key, out);
        out += ": ";
        show(value, out);
        if (out.size() > kShown) break;
      }
      out += '}';
      break;
    }
  }
}

}  // namespace

std::string_view name_of(CelKind kind) {
  switch (kind) {
    case CelKind::null:
      return "null";
    case CelKind::boolean:
      return "bool";
    case CelKind::integer:
      return "int";
    case CelKind::unsigned_integer:
      return "uint";
    case CelKind::floating:
      return "double";
    case CelKind::string:
      return "string";
    case CelKind::bytes:
      return "bytes";
    case CelKind::timestamp:
      return "timestamp";
    case CelKind::duration:
      return "duration";
    case CelKind::list:
      return "list";
    case CelKind::map:
      return "map";
  }
  return "unknown";
}

CelValue CelValue::string(std::string text) {
  CelValue out;
  out.value_ = Text{std::make_shared<const std::string>(std::move(text))};
  return out;
}

CelValue CelValue::bytes(std::string bytes) {
  CelValue out;
  out.value_ = Octets{std::make_shared<const std::string>(std::move(bytes))};
  return out;
}

CelValue CelValue::list(CelList elements) {
  CelValue out;
  out.value_ = std::make_shared<const CelList>(std::move(elements));
  return out;
}

std::optional<CelValue> CelValue::map(CelEntries entries) {
  for (const auto& [key, value] : entries)
    if (!key_class(key)) return std::nullopt;
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
    return compare_keys(a.first, b.first) == std::strong_ordering::less;
  });
  const auto twice =
      std::adjacent_find(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
        return compare_keys(a.first, b.first) == std::strong_ordering::equal;
      });
  if (twice != entries.end()) return std::nullopt;
  CelValue out;
  out.value_ = std::make_shared<const CelEntries>(std::move(entries));
  return out;
}

const std::string* CelValue::if_string() const {
  const Text* text = std::get_if<Text>(&value_);
  return text ? text->is.get() : nullptr;
}
const std::string* CelValue::if_bytes() const {
  const Octets* octets = std::get_if<Octets>(&value_);
  return octets ? octets->is.get() : nullptr;
}
const CelList* CelValue::if_list() const {
  const Elements* elements = std::get_if<Elements>(&value_);
  return elements ? elements->get() : nullptr;
}
const CelEntries* CelValue::if_map() const {
  const Entries* entries = std::get_if<Entries>(&value_);
  return entries ? entries->get() : nullptr;
}

std::optional<std::strong_ordering> compare_numbers(const CelValue& a, const CelValue& b) {
  const auto whole_a = whole_of(a), whole_b = whole_of(b);
  if (whole_a && whole_b) return compare(*whole_a, *whole_b);
  if (whole_a) return compare(*whole_a, *b.if_double());
  if (whole_b) {
    const auto order = compare(*whole_b, *a.if_double());
    return order ? std::optional(reversed(*order)) : std::nullopt;
  }
  return compare(*a.if_double(), *b.if_double());
}

std::optional<bool> equal_values(const CelValue& a, const CelValue& b, CelBudget& budget) {
  if (!budget.spend(1)) return std::nullopt;
  if (a.is_number() && b.is_number())
    return compare_numbers(a, b) == std::optional(std::strong_ordering::equal);
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case CelKind::null:
      return true;
    case CelKind::boolean:
      return *a.if_bool() == *b.if_bool();
    case CelKind::string:
      if (!budget.spend_on_bytes(a.if_string()->size())) return std::nullopt;
      return *a.if_string() == *b.if_string();
    case CelKind::bytes:
      if (!budget.spend_on_bytes(a.if_bytes()->size())) return std::nullopt;
      return *a.if_bytes() == *b.if_bytes();
    case CelKind::timestamp:
      return *a.if_timestamp() == *b.if_timestamp();
    case CelKind::duration:
      return *a.if_duration() == *b.if_duration();
    case CelKind::list:
      return equal_lists(*a.if_list(), *b.if_list(), budget);
    case CelKind::map:
      return equal_maps(*a.if_map(), *b.if_map(), budget);
    case CelKind::integer:
    case CelKind::unsigned_integer:
    case CelKind::floating:
      break;  // numbers: above
  }
  return false;
}

const CelValue* find_key(const CelEntries& map, const CelValue& key) {
  const CelValue wanted = as_key(key);
  if (!key_class(wanted)) return nullptr;
  const auto at =
      std::lower_bound(map.begin(), map.end(), wanted, [](const auto& entry, const CelValue& k) {
        return compare_keys(entry.first, k) == std::strong_ordering::less;
      });
  return at != map.end() && compare_keys(at->first, wanted) == std::strong_ordering::equal
             ? &at->second
             : nullptr;
}

const CelValue* find_key(const CelEntries& map, std::string_view key) {
  return find_key(map, CelValue::string(std::string(key)));
}

std::string show(const CelValue& value) {
  std::string out;
  show(value, out);
  if (out.size() > 2 * kShown) out = out.substr(0, 2 * kShown) + "...";
  return out;
}

}  // namespace assay
