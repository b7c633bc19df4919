// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include <fmt/format.h>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parser.hpp>
#include <cmath>
#include <optional>
#include <set>
#include <vector>

namespace assay {
namespace {

/// Watches the events of a parse for a member named twice and for more values than allowed; builds
/// nothing.
struct Watch {
  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);

  explicit Watch(std::size_t allowed) : most(allowed), left(allowed) {}

  const std::size_t most;
  std::size_t left;
  std::vector<std::set<std::string, std::less<>>> open;
  std::string key;
  std::string objection;  ///< why the parse was ended, where that is ours to say

  using Code = boost::json::error_code;
  bool object(std::string why, Code& ec) {
    objection = std::move(why);
    ec = boost::json::error::extra_data;
    return false;
  }
  bool value(Code& ec) {
    if (left == 0) return object(fmt::format("more than {} values", most), ec);
    --left;
    return true;
  }
  bool on_document_begin(Code&) { return true; }
  bool on_document_end(Code&) { return true; }
  bool on_object_begin(Code& ec) {
    open.emplace_back();
    return value(ec);
  }
  bool on_object_end(std::size_t, Code&) {
    open.pop_back();
    return true;
  }
  bool on_array_begin(Code& ec) { return value(ec); }
  bool on_array_end(std::size_t, Code&) { return true; }
  bool on_key_part(boost::json::string_view s, std::size_t, Code&) {
    key.append(s.data(), s.size());
    return true;
  }
  bool on_key(boost::json::string_view s, std::size_t, Code& ec) {
    key.append(s.data(), s.size());
    if (!open.back().insert(key).second) {
      return object(fmt::format("member \"{}\" appears twice", key), ec);
    }
    key.clear();
    return true;
  }
  bool on_string_part(boost::json::string_view, std::size_t, Code&) { return true; }
  bool on_string(boost::json::string_view, std::size_t, Code& ec) { return value(ec); }
  bool on_number_part(boost::json::string_view, Code&) { return true; }
  bool on_int64(std::int64_t, boost::json::string_view, Code& ec) { return value(ec); }
  bool on_uint64(std::uint64_t, boost::json::string_view, Code& ec) { return value(ec); }
  /// RFC 8259 has no infinity, so a number beyond double's range could not be written again.
  bool on_double(double d, boost::json::string_view, Code& ec) {
    if (std::isfinite(d)) return value(ec);
    ec = boost::json::error::exponent_overflow;
    return false;
  }
  bool on_bool(bool, Code& ec) { return value(ec); }
  bool on_null(Code& ec) { return value(ec); }
  bool on_comment_part(boost::json::string_view, Code&) { return true; }
  bool on_comment(boost::json::string_view, Code&) { return true; }
};

std::string_view kind_of(const json::value& v) {
  switch (v.kind()) {
    case json::kind::null:
      return "null";
    case json::kind::bool_:
      return "a boolean";
    case json::kind::int64:
    case json::kind::uint64:
    case json::kind::double_:
      return "a number";
    case json::kind::string:
      return "a string";
    case json::kind::array:
      return "an array";
    case json::kind::object:
      return "an object";
  }
  return "unknown";
}

template <class T, class Get>
Result<T> member(const json::object& object, std::string_view key, std::string_view wanted,
                 Get get) {
  const json::value* v = object.if_contains(key);
  if (v == nullptr) return fail(Fault::malformed, std::string(key), "missing");
  if (auto got = get(*v)) return *got;
  return fail(Fault::malformed, std::string(key),
              fmt::format("wanted {}, got {}", wanted, kind_of(*v)));
}

void pretty(std::string& out, const json::value& v, std::size_t indent) {
  const auto line = [&out](std::size_t depth) { out.append("\n").append(depth * 2, ' '); };
  if (const json::object* o = v.if_object(); o != nullptr && !o->empty()) {
    out += '{';
    bool first = true;
    for (const auto& [key, value] : *o) {
      if (!first) out += ',';
      first = false;
      line(indent + 1);
      out.append(json::serialize(json::string(key))).append(": ");
      pretty(out, value, indent + 1);
    }
    line(indent);
    out += '}';
  } else if (const json::array* a = v.if_array(); a != nullptr && !a->empty()) {
    out += '[';
    bool first = true;
    for (const json::value& value : *a) {
      if (!first) out += ',';
      first = false;
      line(indent + 1);
      pretty(out, value, indent + 1);
    }
    line(indent);
    out += ']';
  } else {
    out += json::serialize(v);
  }
}

}  // namespace

Result<json::value> parse_json(std::string_view where, std::string_view text, JsonLimits limits) {
  if (text.size() > limits.bytes) {
    return fail(Fault::malformed, std::string(where),
                fmt::format("{} bytes of JSON, at most {} allowed", text.size(), limits.bytes));
  }
  json::parse_options options;
  options.max_depth = limits.depth;

  boost::json::error_code ec;
  boost::json::basic_parser<Watch> watcher(options, limits.values);
  const std::size_t read = watcher.write_some(false, text.data(), text.size(), ec);
  if (const std::string& objection = watcher.handler().objection; !objection.empty()) {
    return fail(Fault::malformed, fmt::format("{}@{:#x}", where, read), objection);
  }
  if (!ec && read < text.size()) ec = boost::json::error::extra_data;
  if (ec) {
    const std::string why = ec == boost::json::error::too_deep
                                ? fmt::format("nested deeper than {}", limits.depth)
                                : "not JSON: " + ec.message();
    return fail(Fault::malformed, fmt::format("{}@{:#x}", where, read), why);
  }

  json::parser parser({}, options);
  parser.write(text.data(), text.size(), ec);
  if (ec) return fail(Fault::malformed, std::string(where), "not JSON: " + ec.message());
  return parser.release();
}

Result<json::object> parse_json_object(std::string_view where, std::string_view text,
                                       JsonLimits limits) {
  auto value = parse_json(where, text, limits);
  if (!value) return pass_on(value);
  if (!value->is_object()) {
    return fail(Fault::malformed, std::string(where),
                fmt::format("wanted an object, got {}", kind_of(*value)));
  }
  return std::move(value->get_object());
}

Result<std::string_view> json_string(const json::object& object, std::string_view key) {
  return member<std::string_view>(object, key, "a string",
                                  [](const json::value& v) -> std::optional<std::string_view> {
                                    if (const json::string* s = v.if_string())
                                      return std::string_view(s->data(), s->size());
                                    return std::nullopt;
                                  });
}

Result<std::int64_t> json_integer(const json::object& object, std::string_view key) {
  return member<std::int64_t>(object, key, "an integer",
                              [](const json::value& v) -> std::optional<std::int64_t> {
                                if (const std::int64_t* i = v.if_int64()) return *i;
                                return std::nullopt;
                              });
}

Result<const json::object*> json_object(const json::object& object, std::string_view key) {
  return member<const json::object*>(
      object, key, "an object", [](const json::value& v) -> std::optional<const json::object*> {
        if (const json::object* o = v.if_object()) return o;
        return std::nullopt;
      });
}

Result<const json::array*> json_array(const json::object& object, std::string_view key) {
  return member<const json::array*>(object, key, "an array",
                                    [](const json::value& v) -> std::optional<const json::array*> {
                                      if (const json::array* a = v.if_array()) return a;
                                      return std::nullopt;
                                    });
}

std::string pretty_json(const json::value& value) {
  std::string out;
  pretty(out, value, 0);
  return out + "\n";
}

}  // namespace assay
