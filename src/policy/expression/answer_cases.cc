// SPDX-License-Identifier: Apache-2.0

// A program of the tests: reads cases of the expression language from standard input, one a line as
// JSON (tests/interop/cel/main.go writes them), and prints for each what this evaluator makes of
// it:
// {"value": V}, {"refused": WHY} where it was refused when loaded, or {"error": WHY}.

#include <charconv>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/hex.h"
#include "base/json.h"
#include "policy/expression/expression.h"

namespace assay {
namespace {

/// A case that is not written as this program reads it ends it: that is no answer.
[[noreturn]] void give_up(std::string_view why, const json::value& at) {
  std::cerr << "cel_answers: " << why << ": " << json::serialize(at) << '\n';
  std::exit(2);
}

template <class T>
T number(const json::value& text) {
  T out{};
  const std::string_view s = text.as_string();
  const auto [end, fault] = std::from_chars(s.data(), s.data() + s.size(), out);
  if (fault != std::errc() || end != s.data() + s.size()) give_up("no number", text);
  return out;
}

/// Nothing for a type that the language has not: a name of that type is then no claim.
std::optional<CelType> type_of(const json::value& written) {
  if (written.is_object()) return std::nullopt;
  if (const auto* parts = written.if_array()) {
    auto element = type_of(parts->back());
    if (!element) return std::nullopt;
    if (parts->front() == "list") return CelType::list(*element);
    auto key = type_of(parts->at(1));
    if (!key) return std::nullopt;
    return CelType::map(*key, *element);
  }
  const std::string_view name = written.as_string();
  if (name == "dyn") return CelType::dynamic();
  if (name == "null_type") return CelType::of(CelKind::null);
  if (name == "bool") return CelType::of(CelKind::boolean);
  if (name == "int64") return CelType::of(CelKind::integer);
  if (name == "uint64") return CelType::of(CelKind::unsigned_integer);
  if (name == "double") return CelType::of(CelKind::floating);
  if (name == "string") return CelType::of(CelKind::string);
  if (name == "bytes") return CelType::of(CelKind::bytes);
  if (name == "timestamp") return CelType::of(CelKind::timestamp);
  if (name == "duration") return CelType::of(CelKind::duration);
  give_up("no type", written);
}

/// Nothing for a value that the language has not.
std::optional<CelValue> value_of(const json::value& written) {
  const auto& [kind, is] = *written.as_object().begin();
  if (kind == "null_type") return CelValue();
  if (kind == "bool") return CelValue(is.as_bool());
  if (kind == "int") return CelValue(number<std::int64_t>(is));
  if (kind == "uint") return CelValue(number<std::uint64_t>(is));
  if (kind == "double") return CelValue(number<double>(is));
  if (kind == "string") return CelValue::string(std::string(is.as_string()));
  if (kind == "bytes") {
    const auto bytes = parse_hex("bytes", is.as_string());
    if (!bytes) give_up("no bytes", is);
    return CelValue::bytes(to_text(*bytes));
  }
  if (kind == "timestamp")
    return CelValue(CelTimestamp{number<std::int64_t>(is.at(0)), number<std::int32_t>(is.at(1))});
  if (kind == "duration") return CelValue(CelDuration{number<std::int64_t>(is)});
  if (kind == "list") {
    CelList elements;
    for (const json::value& e : is.as_array()) {
      auto element = value_of(e);
      if (!element) return std::nullopt;
      elements.push_back(std::move(*element));
    }
    return CelValue::list(std::move(elements));
  }
  if (kind == "map") {
    CelEntries entries;
    for (const json::value& e : is.as_array()) {
      auto key = value_of(e.at(0)), value = value_of(e.at(1));
      if (!key || !value) return std::nullopt;
      entries.emplace_back(std::move(*key), std::move(*value));
    }
    return CelValue::map(std::move(entries));
  }
  return std::nullopt;
}

json::value written(const CelValue& value) {
  switch (value.kind()) {
    case CelKind::null:
      return {{"null_type", ""}};
    case CelKind::boolean:
      return {{"bool", *value.if_bool()}};
    case CelKind::integer:
      return {{"int", std::to_string(*value.if_int())}};
    case CelKind::unsigned_integer:
      return {{"uint", std::to_string(*value.if_uint())}};
    case CelKind::floating: {
      char text[64];
      const auto end = std::to_chars(text, text + sizeof text, *value.if_double()).ptr;
      return {{"double", std::string(text, end)}};
    }
    case CelKind::string:
      return {{"string", *value.if_string()}};
    case CelKind::bytes:
      return {{"bytes", hex(as_bytes(*value.if_bytes()))}};
    case CelKind::timestamp: {
      const CelTimestamp t = *value.if_timestamp();
      return {{"timestamp", {std::to_string(t.seconds), std::to_string(t.nanos)}}};
    }
    case CelKind::duration:
      return {{"duration", std::to_string(value.if_duration()->nanos)}};
    case CelKind::list: {
      json::array elements;
      for (const CelValue& e : *value.if_list()) elements.push_back(written(e));
      return {{"list", std::move(elements)}};
    }
    case CelKind::map: {
      json::array entries;
      for (const auto& [key, of_key] : *value.if_map())
        entries.push_back(json::array{written(key), written(of_key)});
      return {{"map", std::move(entries)}};
    }
  }
  return nullptr;
}

json::object answer(const json::object& one) {
  CelEnvironment environment;
  CelEntries input;
  if (const json::value* names = one.if_contains("names"))
    for (const json::value& name : names->as_array()) {
      const std::string called(name.at("name").as_string());
      // compile_cel takes names without dots, and no container that could be put before one.
      if (called.find('.') != std::string::npos) return {{"refused", "no claim has a dot"}};
      const json::value* bound = name.as_object().if_contains("value");
      const auto type = type_of(name.at("type"));
      const auto value = bound != nullptr ? value_of(*bound) : std::nullopt;
      if (!type || (bound != nullptr && !value)) continue;
      environment.push_back({called, *type});
      if (value) input.emplace_back(CelValue::string(called), *value);
    }
  const auto names = CelValue::map(std::move(input));
  if (!names) give_up("a name twice", one);
  const auto expression = compile_cel(std::string(one.at("expr").as_string()), environment);
  if (!expression) return {{"refused", expression.error().why}};
  const auto value = evaluate_cel(expression->checked, *names->if_map());
  if (!value) return {{"error", value.error().why}};
  return {{"value", written(*value)}};
}

}  // namespace
}  // namespace assay

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    const auto one = assay::parse_json_object("case", line);
    if (!one) {
      std::cerr << "cel_answers: " << one.error().why << '\n';
      return 2;
    }
    std::cout << assay::json::serialize(assay::answer(*one)) << '\n';
  }
  return 0;
}
