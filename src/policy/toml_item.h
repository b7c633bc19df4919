// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace assay {

/// One value of a TOML document, with its name and line: typed access that never guesses.
class TomlItem {
 public:
  /// The whole document, a table without a name.  Fault::malformed names the line.
  static Result<TomlItem> parse(std::string_view where, std::string_view toml);

  /// "secure_boot.required".
  [[nodiscard]] const std::string& name() const { return name_; }
  /// "required": in its table, or its list's in that.  May hold dots where the document quotes it.
  [[nodiscard]] const std::string& key() const { return key_; }

  [[nodiscard]] Result<bool> boolean() const;
  /// From `least` on.
  [[nodiscard]] Result<std::int64_t> integer(std::int64_t least) const;
  [[nodiscard]] Result<std::string> text() const;
  [[nodiscard]] Result<std::vector<std::string>> texts() const;
  /// Of a list.
  [[nodiscard]] Result<std::span<const TomlItem>> elements() const;
  /// Of a table, in their order.
  [[nodiscard]] Result<std::span<const TomlItem>> members() const;

  /// Fault::malformed: "policy.toml:12: secure_boot.required: WHY".
  [[nodiscard]] tl::unexpected<Error> refuse(std::string_view why) const;
  /// "want WHAT, not a string".
  [[nodiscard]] tl::unexpected<Error> wants(std::string_view what) const;

 private:
  friend class TomlReading;
  struct List {
    std::vector<TomlItem> elements;
  };
  struct Table {
    std::vector<TomlItem> members;
  };
  /// Of a kind that no policy has: a fraction, a date.
  struct Other {
    std::string_view kind;
  };

  std::string name_, key_;
  std::string place_;  ///< "policy.toml:12"
  std::variant<bool, std::int64_t, std::string, List, Table, Other> value_;
};

}  // namespace assay
