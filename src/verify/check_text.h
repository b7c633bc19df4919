// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace assay {

/// A text of a check.  Most are written in the program: those are kept by reference, since to copy
/// each of the hundred that a verdict has would take longer than to hash an event log.
class CheckText {
 public:
  CheckText() = default;

  // NOLINTBEGIN(google-explicit-constructor): a text stands for itself.

  /// Written in the program: lives as long as it.  One that is not printable ASCII does not
  /// compile.
  template <std::size_t size>
  consteval CheckText(const char (&literal)[size]) : literal_(literal, size - 1) {
    for (const char c : literal_)
      if (c < ' ' || c > '~') throw "not printable ASCII";
  }

  /// Made at run time.
  CheckText(std::string made) : made_(std::move(made)) {}
  template <std::convertible_to<std::string_view> T>
    requires(!std::same_as<T, std::string>)
  CheckText(const T& copied) : made_(std::string_view(copied)) {}

  [[nodiscard]] std::string_view view() const {
    return made_ ? std::string_view(*made_) : literal_;
  }
  operator std::string_view() const { return view(); }
  operator std::string() const { return std::string(view()); }
  // NOLINTEND(google-explicit-constructor)

  [[nodiscard]] bool empty() const { return view().empty(); }
  [[nodiscard]] bool is_literal() const { return !made_; }

  template <std::convertible_to<std::string_view> T>
  friend bool operator==(const CheckText& a, const T& b) {
    return a.view() == std::string_view(b);
  }
  friend std::ostream& operator<<(std::ostream& out, const CheckText& text) {
    return out << text.view();
  }

 private:
  std::string_view literal_;
  std::optional<std::string> made_;
};

}  // namespace assay
