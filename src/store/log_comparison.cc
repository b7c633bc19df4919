// SPDX-License-Identifier: Apache-2.0
#include "store/log_comparison.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "store/audit_log.h"

namespace assay {
namespace {

/// The fields of google.logging.v2.LogEntry.  Ours have six of them; the others are absent, but a
/// query may name them.
constexpr std::array<std::string_view, 18> kRoots{
    "httpRequest", "insertId",     "jsonPayload",      "labels",    "logName",  "metadata",
    "operation",   "protoPayload", "receiveTimestamp", "resource",  "severity", "sourceLocation",
    "spanId",      "split",        "textPayload",      "timestamp", "trace",    "traceSampled"};

/// Case is folded for ASCII letters only.
char fold(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string folded(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), fold);
  return out;
}

/// Three-way comparison of `text`, folded, with `other`, which is.
int compare_folded(std::string_view text, std::string_view other) {
  const std::size_t n = std::min(text.size(), other.size());
  for (std::size_t i = 0; i < n; ++i) {
    const auto a = static_cast<unsigned char>(fold(text[i]));
    const auto b = static_cast<unsigned char>(other[i]);
    if (a != b) return a < b ? -1 : 1;
  }
  return text.size() == other.size() ? 0 : text.size() < other.size() ? -1 : 1;
}

bool contains_folded(std::string_view text, std::string_view needle) {
  return std::search(text.begin(), text.end(), needle.begin(), needle.end(),
                     [](char a, char b) { return fold(a) == b; }) != text.end() ||
         needle.empty();
}

std::string_view view(const json::string& s) { return {s.data(), s.size()}; }

bool holds(LogOperator op, int order) {
  switch (op) {
    case LogOperator::equal:
    case LogOperator::has:
      return order == 0;
    case LogOperator::not_equal:
      return order != 0;
    case LogOperator::less:
      return order < 0;
    case LogOperator::less_equal:
      return order <= 0;
    case LogOperator::greater:
      return order > 0;
    case LogOperator::greater_equal:
      return order >= 0;
    case LogOperator::matches:
    case LogOperator::not_matches:
      return false;
  }
  return false;
}

/// What a number, a boolean or null looks like as text; empty for the others.
std::string scalar_text(const json::value& v) {
  if (const auto* d = v.if_double())
    return fmt::format("{}", *d);  // 0.25, where JSON writes 2.5E-1
  return v.is_object() || v.is_array() || v.is_string() ? "" : json::serialize(v);
}

/// Calls `visit` with each string and scalar below `v`, as text, until it says true.
bool any_text(const json::value& v, const std::function<bool(std::string_view)>& visit) {
  if (const auto* o = v.if_object()) {
    return std::any_of(o->begin(), o->end(),
                       [&](const auto& member) { return any_text(member.value(), visit); });
  }
  if (const auto* a = v.if_array()) {
    return std::any_of(a->begin(), a->end(),
                       [&](const auto& element) { return any_text(element, visit); });
  }
  if (const auto* s = v.if_string()) return visit(view(*s));
  return visit(scalar_text(v));
}

/// Calls `visit` with each value the path leads to until it says true; an array on the way, or at
/// the end, stands for its elements.
bool any_value(const json::value& v, const std::string* key, const std::string* end,
               const std::function<bool(const json::value&)>& visit) {
  if (const auto* a = v.if_array()) {
    return std::any_of(a->begin(), a->end(),
                       [&](const auto& e) { return any_value(e, key, end, visit); });
  }
  if (key == end) return visit(v);
  const auto* o = v.if_object();
  const json::value* const next = o == nullptr ? nullptr : o->if_contains(*key);
  return next != nullptr && any_value(*next, key + 1, end, visit);
}

bool any_value(const json::object& entry, const LogField& field,
               const std::function<bool(const json::value&)>& visit) {
  const json::value* const root = entry.if_contains(field.root);
  const std::string* const first = field.keys.data();
  return root != nullptr && any_value(*root, first, first + field.keys.size(), visit);
}

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number out{};
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return out;
}

template <class T>
int order(const T& a, const T& b) {
  return a < b ? -1 : b < a ? 1 : 0;
}

tl::unexpected<Error> bad(std::string why) { return fail(Fault::malformed, "", std::move(why)); }

// ---- severity, by rank

constexpr std::array kSeverities{Severity::default_, Severity::debug,   Severity::info,
                                 Severity::notice,   Severity::warning, Severity::error,
                                 Severity::critical, Severity::alert,   Severity::emergency};

std::optional<int> rank(std::string_view text) {
  for (const Severity s : kSeverities) {
    if (compare_folded(text, folded(name_of(s))) == 0) return static_cast<int>(s);
  }
  return number<int>(text);
}

Result<LogPredicate> severity_comparison(LogOperator op, const LogValue& value) {
  const auto wanted = rank(value.text);
  if (!wanted) {
    return bad(fmt::format(
        "'{}' is not a severity: DEFAULT, DEBUG, INFO, NOTICE, WARNING, ERROR, CRITICAL, ALERT, "
        "EMERGENCY, or a number",
        value.text.substr(0, 40)));
  }
  return [op, wanted](const json::object& entry) {
    const auto name = json_string(entry, "severity");
    return holds(op, order(name ? rank(*name).value_or(0) : 0, *wanted));
  };
}

// ---- timestamps, by time

/// RFC 3339, or a date, which is its first moment in UTC; an offset may lack its colon, as Google's
/// Python client writes it.
Result<Instant> parse_moment(std::string_view text) {
  if (text.size() == 10) return parse_rfc3339("", fmt::format("{}T00:00:00Z", text));
  const std::size_t n = text.size();
  if (n > 5 && (text[n - 5] == '+' || text[n - 5] == '-') && text.find('T') < n - 5) {
    return parse_rfc3339("", fmt::format("{}:{}", text.substr(0, n - 2), text.substr(n - 2)));
  }
  return parse_rfc3339("", text);
}

Result<LogPredicate> time_comparison(const LogField& field, LogOperator op, const LogValue& value) {
  const auto wanted = parse_moment(value.text);
  if (!wanted) return bad(wanted.error().why + ", nor a date like 2023-01-01");
  return [root = field.root, op, wanted = *wanted](const json::object& entry) {
    const auto text = json_string(entry, root);
    if (!text) return false;
    const auto time = parse_rfc3339("", *text);
    return time && holds(op, order(*time, wanted));
  };
}

// ---- everything else, by the type of the value found

/// NULL_VALUE is equal to JSON null, and to nothing else.
LogPredicate null_comparison(const LogField& field, LogOperator op) {
  return [field, op](const json::object& entry) {
    return any_value(entry, field, [op](const json::value& v) {
      return op == LogOperator::not_equal ? !v.is_null() : v.is_null();
    });
  };
}

/// "failed conversion = false": the right side takes the type of the left.
bool compare_value(const json::value& v, LogOperator op, const LogValue& value,
                   std::string_view wanted) {
  if (const auto* s = v.if_string()) {
    if (op == LogOperator::has) return contains_folded(view(*s), wanted);
    return holds(op, compare_folded(view(*s), wanted));
  }
  if (const auto* b = v.if_bool()) {
    if (wanted != "true" && wanted != "false") return false;
    return holds(op, order(*b ? 1 : 0, wanted == "true" ? 1 : 0));
  }
  if (const auto* i = v.if_int64()) {
    if (const auto n = number<std::int64_t>(value.text)) return holds(op, order(*i, *n));
  }
  if (v.is_number()) {
    const auto n = number<double>(value.text);
    return n && holds(op, order(v.to_number<double>(), *n));
  }
  if (const auto* o = v.if_object(); o != nullptr && op == LogOperator::has) {
    return o->if_contains(value.text) != nullptr ||
           any_text(v, [&](std::string_view text) { return contains_folded(text, wanted); });
  }
  return false;
}

Result<LogPredicate> regex_comparison(const LogField& field, LogOperator op,
                                      const LogValue& value) {
  if (value.form != LogValue::Form::quoted) return bad("a regular expression is written in quotes");
  RE2::Options options;
  options.set_log_errors(false);
  const auto regex = std::make_shared<const RE2>(value.text, options);
  if (!regex->ok()) return bad("bad regular expression: " + regex->error());
  return [field, op, regex](const json::object& entry) {
    return any_value(entry, field, [&](const json::value& v) {
      const auto* s = v.if_string();
      if (s == nullptr) return false;
      return RE2::PartialMatch(re2::StringPiece(s->data(), s->size()), *regex) ==
             (op == LogOperator::matches);
    });
  };
}

LogPredicate presence(const LogField& field) {
  return [field](const json::object& entry) {
    return any_value(entry, field, [](const json::value& v) {
      const auto* o = v.if_object();
      return o == nullptr || !o->empty();
    });
  };
}

// ---- words

bool is_word_character(char c) {
  return (c >= '0' && c <= '9') || (fold(c) >= 'a' && fold(c) <= 'z') ||
         static_cast<unsigned char>(c) >= 0x80;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> out;
  bool inside = false;
  for (const char c : text) {
    const bool part = is_word_character(c);
    if (part && !inside) out.emplace_back();
    if (part) out.back() += fold(c);
    inside = part;
  }
  return out;
}

}  // namespace

Result<LogField> log_field(const std::string& root, std::vector<std::string> keys) {
  for (const std::string_view known : kRoots) {
    if (folded(known) != folded(root)) continue;
    const bool is_leaf = known == "severity" || known == "timestamp" ||
                         known == "receiveTimestamp" || known == "insertId" || known == "logName" ||
                         known == "textPayload" || known == "trace" || known == "spanId" ||
                         known == "traceSampled";
    if (is_leaf && !keys.empty()) return bad(fmt::format("{} has no fields of its own", known));
    return LogField{std::string(known), std::move(keys)};
  }
  return bad(fmt::format("no field is called '{}'; there are {}", root.substr(0, 40),
                         fmt::join(kRoots, ", ")));
}

Result<LogPredicate> log_comparison(const LogField& field, LogOperator op, const LogValue& value) {
  const bool is_word = value.form == LogValue::Form::word;
  if (is_word && value.text == "*") {
    if (op == LogOperator::has) return presence(field);
    return bad("'*' asks for presence, and is written " + field.root + ":*");
  }
  const bool is_regex = op == LogOperator::matches || op == LogOperator::not_matches;
  const bool is_time = field.root == "timestamp" || field.root == "receiveTimestamp";
  if (is_regex && (is_time || field.root == "severity")) {
    return bad(fmt::format("{} is not text: compare it with = != < <= > >=", field.root));
  }
  if (field.root == "severity") return severity_comparison(op, value);
  if (is_time) return time_comparison(field, op, value);
  if (is_regex) return regex_comparison(field, op, value);
  if (is_word && value.text == "NULL_VALUE") {
    if (op == LogOperator::equal || op == LogOperator::not_equal) return null_comparison(field, op);
    return bad("NULL_VALUE can be compared with = and != only");
  }
  return [field, op, value, wanted = folded(value.text)](const json::object& entry) {
    return any_value(entry, field,
                     [&](const json::value& v) { return compare_value(v, op, value, wanted); });
  };
}

LogPredicate log_contains(const std::string& text) {
  return [wanted = folded(text)](const json::object& entry) {
    return std::any_of(entry.begin(), entry.end(), [&](const auto& member) {
      return any_text(member.value(),
                      [&](std::string_view t) { return contains_folded(t, wanted); });
    });
  };
}

LogPredicate log_search(const LogField* field, const std::string& words) {
  std::optional<LogField> within;
  if (field != nullptr) within = *field;
  return [within, wanted = words_of(words)](const json::object& entry) {
    std::vector<std::string> there;
    const auto gather = [&](std::string_view text) {
      for (std::string& word : words_of(text)) there.push_back(std::move(word));
      return false;
    };
    if (within) {
      any_value(entry, *within, [&](const json::value& v) { return any_text(v, gather); });
    } else {
      for (const auto& member : entry) any_text(member.value(), gather);
    }
    return std::all_of(wanted.begin(), wanted.end(), [&](const std::string& word) {
      return std::find(there.begin(), there.end(), word) != there.end();
    });
  };
}

LogPredicate log_id_is(const std::string& id) {
  std::string suffix = "/logs/";
  for (const char c : id)
    suffix.append(c == '/' ? std::string_view("%2F") : std::string_view(&c, 1));
  return [suffix = folded(suffix)](const json::object& entry) {
    const auto name = json_string(entry, "logName");
    return name && name->size() >= suffix.size() &&
           compare_folded(name->substr(name->size() - suffix.size()), suffix) == 0;
  };
}

}  // namespace assay
