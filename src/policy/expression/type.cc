// SPDX-License-Identifier: Apache-2.0
#include "policy/expression/type.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"

namespace assay {

CelType CelType::of(CelKind kind) {
  ASSAY_CHECK(kind != CelKind::list && kind != CelKind::map);
  CelType out;
  out.kind_ = kind;
  return out;
}

CelType CelType::list(CelType element) {
  CelType out;
  out.kind_ = CelKind::list;
  out.parameters_ =
      std::make_shared<const std::vector<CelType>>(std::vector<CelType>{std::move(element)});
  return out;
}

CelType CelType::map(CelType key, CelType value) {
  CelType out;
  out.kind_ = CelKind::map;
  out.parameters_ = std::make_shared<const std::vector<CelType>>(
      std::vector<CelType>{std::move(key), std::move(value)});
  return out;
}

CelType CelType::record(std::string name, std::vector<CelField> fields) {
  CelType out;
  out.kind_ = CelKind::map;
  out.fields_ = std::make_shared<const std::vector<CelField>>(std::move(fields));
  out.record_name_ = std::move(name);
  return out;
}

bool CelType::is_number() const {
  return is(CelKind::integer) || is(CelKind::unsigned_integer) || is(CelKind::floating);
}

CelType CelType::element() const { return parameters_ ? parameters_->back() : dynamic(); }
CelType CelType::key() const { return parameters_ ? parameters_->front() : dynamic(); }

std::string CelType::text() const {
  if (is_dynamic()) return "dyn";
  if (is_record()) return record_name_;
  if (is(CelKind::list)) return fmt::format("list({})", element().text());
  if (is(CelKind::map)) return fmt::format("map({}, {})", key().text(), element().text());
  return kind_ ? std::string(name_of(*kind_)) : "dyn";
}

bool compatible(const CelType& a, const CelType& b) {
  if (a.is_dynamic() || b.is_dynamic()) return true;
  if (a.kind_ != b.kind_) return false;
  if (a.is_record() || b.is_record()) return a.fields_ == b.fields_;
  if (a.is(CelKind::list)) return compatible(a.element(), b.element());
  if (a.is(CelKind::map))
    return compatible(a.key(), b.key()) && compatible(a.element(), b.element());
  return true;
}

CelType joined(const CelType& a, const CelType& b) {
  if (a.is_dynamic() || b.is_dynamic() || a.kind_ != b.kind_) return CelType::dynamic();
  if (a.is_record() || b.is_record()) return a.fields_ == b.fields_ ? a : CelType::dynamic();
  if (a.is(CelKind::list)) return CelType::list(joined(a.element(), b.element()));
  if (a.is(CelKind::map))
    return CelType::map(joined(a.key(), b.key()), joined(a.element(), b.element()));
  return a;
}

const CelField* find_field(const std::vector<CelField>& fields, std::string_view name) {
  const auto at = std::find_if(fields.begin(), fields.end(),
                               [&](const CelField& field) { return field.name == name; });
  return at == fields.end() ? nullptr : &*at;
}

}  // namespace assay
