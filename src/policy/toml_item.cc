// SPDX-License-Identifier: Apache-2.0
#include "policy/toml_item.h"

#include <fmt/format.h>

#include <algorithm>

#include "policy/toml_document.h"

namespace assay {

/// Takes a document of the library over.  Its depth is bounded by parse_toml.
class TomlReading {
 public:
  explicit TomlReading(std::string_view where) : where_(where) {}

  [[nodiscard]] TomlItem item(std::string name, std::string_view key,
                              const toml::node& node) const {
    TomlItem out;
    out.name_ = std::move(name);
    out.key_ = key;
    out.place_ = fmt::format("{}:{}", where_, node.source().begin.line);
    if (const auto* b = node.as_boolean()) {
      out.value_ = b->get();
    } else if (const auto* i = node.as_integer()) {
      out.value_ = std::int64_t{i->get()};
    } else if (const auto* s = node.as_string()) {
      out.value_ = s->get();
    } else if (const auto* array = node.as_array()) {
      TomlItem::List list;
      for (const toml::node& element : *array)
        list.elements.push_back(item(out.name_, out.key_, element));
      out.value_ = std::move(list);
    } else if (const auto* table = node.as_table()) {
      out.value_ = TomlItem::Table{members(out.name_, *table)};
    } else {
      out.value_ =
          TomlItem::Other{node.is_floating_point() ? "a number with a fraction" : "a date or time"};
    }
    return out;
  }

 private:
  /// In the order of the document; the library's is that of the names.
  [[nodiscard]] std::vector<TomlItem> members(const std::string& name,
                                              const toml::table& table) const {
    std::vector<std::pair<toml::source_position, TomlItem>> ordered;
    for (const auto& [key, node] : table)
      ordered.emplace_back(
          node.source().begin,
          item(name.empty() ? std::string(key.str()) : fmt::format("{}.{}", name, key.str()),
               key.str(), node));
    std::stable_sort(ordered.begin(), ordered.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<TomlItem> out;
    for (auto& [position, member] : ordered) out.push_back(std::move(member));
    return out;
  }

  std::string_view where_;
};

Result<TomlItem> TomlItem::parse(std::string_view where, std::string_view toml) {
  const auto parsed = parse_toml(where, toml);
  if (!parsed) return pass_on(parsed);
  return TomlReading(where).item("", "", *parsed);
}

tl::unexpected<Error> TomlItem::refuse(std::string_view why) const {
  return fail(Fault::malformed, place_, fmt::format("{}: {}", name_, why));
}

tl::unexpected<Error> TomlItem::wants(std::string_view what) const {
  constexpr std::string_view kKinds[] = {"a boolean", "an integer", "a string", "a list",
                                         "a table"};
  const Other* other = std::get_if<Other>(&value_);
  return refuse(fmt::format("want {}, not {}", what, other ? other->kind : kKinds[value_.index()]));
}

Result<bool> TomlItem::boolean() const {
  const auto* value = std::get_if<bool>(&value_);
  if (value == nullptr) return wants("true or false");
  return *value;
}

Result<std::int64_t> TomlItem::integer(std::int64_t least) const {
  const auto* value = std::get_if<std::int64_t>(&value_);
  if (value == nullptr) return wants("an integer");
  if (*value < least) return refuse(fmt::format("want {} or more", least));
  return *value;
}

Result<std::string> TomlItem::text() const {
  const auto* value = std::get_if<std::string>(&value_);
  if (value == nullptr) return wants("a string");
  return *value;
}

Result<std::vector<std::string>> TomlItem::texts() const {
  const auto* list = std::get_if<List>(&value_);
  if (list == nullptr) return wants("a list of strings");
  std::vector<std::string> out;
  for (const TomlItem& element : list->elements) {
    auto text = element.text();
    if (!text) return pass_on(text);
    out.push_back(std::move(*text));
  }
  return out;
}

Result<std::span<const TomlItem>> TomlItem::elements() const {
  const auto* list = std::get_if<List>(&value_);
  if (list == nullptr) return wants("a list");
  return std::span<const TomlItem>(list->elements);
}

Result<std::span<const TomlItem>> TomlItem::members() const {
  const auto* table = std::get_if<Table>(&value_);
  if (table == nullptr) return wants("a table");
  return std::span<const TomlItem>(table->members);
}

}  // namespace assay
