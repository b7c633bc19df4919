// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace assay {

/// A point in UTC, years 1 to 9999, to the nanosecond.
struct CelTimestamp {
  std::int64_t seconds = 0;  ///< since 1970
  std::int32_t nanos = 0;    ///< 0 to 999,999,999, also before 1970
  auto operator<=>(const CelTimestamp&) const = default;
};

/// A span of time; some 292 years either way.
struct CelDuration {
  std::int64_t nanos = 0;
  auto operator<=>(const CelDuration&) const = default;
};

/// What is left to spend on an evaluation: steps of bounded time and memory.
class CelBudget {
 public:
  explicit CelBudget(std::uint64_t steps) : left_(steps) {}
  /// False once there are not as many left; then nothing is.
  [[nodiscard]] bool spend(std::uint64_t steps) {
    if (steps > left_) {
      left_ = 0;
      exhausted_ = true;
    } else {
      left_ -= steps;
    }
    return !exhausted_;
  }
  /// For work on so many bytes.
  [[nodiscard]] bool spend_on_bytes(std::size_t bytes) { return spend(1 + bytes / 16); }
  [[nodiscard]] bool exhausted() const { return exhausted_; }

 private:
  std::uint64_t left_;
  bool exhausted_ = false;
};

/// The order is that of CelValue's alternatives.
enum class CelKind {
  null,
  boolean,
  integer,
  unsigned_integer,
  floating,
  string,
  bytes,
  timestamp,
  duration,
  list,
  map
};
/// "int", "list", as the language calls them.
std::string_view name_of(CelKind kind);

class CelValue;
using CelList = std::vector<CelValue>;
/// Sorted by key; keys are booleans, integers of either sign and strings.
using CelEntries = std::vector<std::pair<CelValue, CelValue>>;

/// A value of the expression language.  Immutable; copies share strings, lists and maps.
class CelValue {
 public:
  struct Null {};

  CelValue() = default;  ///< null
  explicit CelValue(bool value) : value_(value) {}
  explicit CelValue(std::int64_t value) : value_(value) {}
  explicit CelValue(std::uint64_t value) : value_(value) {}
  explicit CelValue(double value) : value_(value) {}
  explicit CelValue(CelTimestamp value) : value_(value) {}
  explicit CelValue(CelDuration value) : value_(value) {}
  static CelValue string(std::string text);  ///< must be UTF-8
  static CelValue bytes(std::string bytes);
  static CelValue list(CelList elements);
  /// Sorts `entries`; nothing where a key is of a kind that cannot be one, or is there twice.
  static std::optional<CelValue> map(CelEntries entries);
  template <class T>
  CelValue(T*) = delete;  // would be a bool

  [[nodiscard]] CelKind kind() const { return static_cast<CelKind>(value_.index()); }
  [[nodiscard]] const bool* if_bool() const { return std::get_if<bool>(&value_); }
  [[nodiscard]] const std::int64_t* if_int() const { return std::get_if<std::int64_t>(&value_); }
  [[nodiscard]] const std::uint64_t* if_uint() const { return std::get_if<std::uint64_t>(&value_); }
  [[nodiscard]] const double* if_double() const { return std::get_if<double>(&value_); }
  [[nodiscard]] const std::string* if_string() const;
  [[nodiscard]] const std::string* if_bytes() const;
  [[nodiscard]] const CelTimestamp* if_timestamp() const {
    return std::get_if<CelTimestamp>(&value_);
  }
  [[nodiscard]] const CelDuration* if_duration() const { return std::get_if<CelDuration>(&value_); }
  [[nodiscard]] const CelList* if_list() const;
  [[nodiscard]] const CelEntries* if_map() const;
  [[nodiscard]] bool is_number() const { return if_int() || if_uint() || if_double(); }

 private:
  struct Text {
    std::shared_ptr<const std::string> is;
  };
  struct Octets {
    std::shared_ptr<const std::string> is;
  };
  using Elements = std::shared_ptr<const CelList>;
  using Entries = std::shared_ptr<const CelEntries>;

  std::variant<Null, bool, std::int64_t, std::uint64_t, double, Text, Octets, CelTimestamp,
               CelDuration, Elements, Entries>
      value_;
};

/// Exact across int, uint and double; nothing where one is NaN.  Both must be numbers.
std::optional<std::strong_ordering> compare_numbers(const CelValue& a, const CelValue& b);

/// CEL's equality: numbers by value whatever their kind, NaN equals nothing, other kinds differ.
/// Nothing if the budget ran out.
std::optional<bool> equal_values(const CelValue& a, const CelValue& b, CelBudget& budget);

/// The value of a key, where `map` has it; `key` may be of any kind.
const CelValue* find_key(const CelEntries& map, const CelValue& key);
const CelValue* find_key(const CelEntries& map, std::string_view key);

/// As it would be written in an expression, cut after some hundred characters: for messages.
std::string show(const CelValue& value);

}  // namespace assay
