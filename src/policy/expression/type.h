// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/expression/value.h"

namespace assay {

struct CelField;

/// A type of the expression language, known when an expression is loaded.
class CelType {
 public:
  /// Any type: checked when evaluated.
  static CelType dynamic() { return {}; }
  /// Not of a list or a map.
  static CelType of(CelKind kind);
  static CelType list(CelType element);
  static CelType map(CelType key, CelType value);
  /// A group of named claims, each of its own type: the field names are known, so another name is
  /// refused when an expression is loaded.  A claim may still be missing in a value.
  static CelType record(std::string name, std::vector<CelField> fields);

  [[nodiscard]] bool is_dynamic() const { return !kind_; }
  [[nodiscard]] bool is(CelKind kind) const { return kind_ == kind; }
  [[nodiscard]] bool is_number() const;
  /// A record's kind is map.
  [[nodiscard]] std::optional<CelKind> kind() const { return kind_; }
  [[nodiscard]] bool is_record() const { return fields_ != nullptr; }
  [[nodiscard]] const std::vector<CelField>& fields() const { return *fields_; }
  /// Of a list: its elements; of a map: its values.  Dynamic for other types.
  [[nodiscard]] CelType element() const;
  /// Of a map.
  [[nodiscard]] CelType key() const;
  /// "list(string)", "map(string, int)", a record's name.
  [[nodiscard]] std::string text() const;

  /// Whether a value of one type can be of the other: the types are equal where both are known.
  friend bool compatible(const CelType& a, const CelType& b);
  /// What both are: dynamic where they differ.
  friend CelType joined(const CelType& a, const CelType& b);

 private:
  std::optional<CelKind> kind_;                             ///< nothing is dynamic
  std::shared_ptr<const std::vector<CelType>> parameters_;  ///< element, or key and value
  std::shared_ptr<const std::vector<CelField>> fields_;
  std::string record_name_;
};

bool compatible(const CelType& a, const CelType& b);
CelType joined(const CelType& a, const CelType& b);

/// One name of a record or of an environment.
struct CelField {
  std::string name;
  CelType type;
};

/// The names an expression may use, each with its type.
using CelEnvironment = std::vector<CelField>;

const CelField* find_field(const std::vector<CelField>& fields, std::string_view name);

}  // namespace assay
