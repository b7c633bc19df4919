// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include <cmath>

#include "base/utf8.h"
#include "fuzz.h"

namespace assay {
namespace {

/// Boost.JSON 1.81 does not round decimal fractions to the nearest double: they may move by some
/// units in the last place each time they are read.
bool same_double(double a, double b) {
  return std::abs(a - b) <= 1e-14 * std::max(std::abs(a), std::abs(b)) + 1e-300;
}

bool same(const json::value& a, const json::value& b);

bool same_array(const json::array& a, const json::array& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same);
}

bool same_object(const json::object& a, const json::object& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& m, const auto& n) {
    return m.key() == n.key() && same(m.value(), n.value());
  });
}

bool same(const json::value& a, const json::value& b) {
  if (a.is_double() && b.is_double()) return same_double(a.get_double(), b.get_double());
  if (a.is_array() && b.is_array()) return same_array(a.get_array(), b.get_array());
  if (a.is_object() && b.is_object()) return same_object(a.get_object(), b.get_object());
  return a == b;
}

/// Whether a double is so large that reading it again may round it to infinity, which is refused.
bool has_huge_double(const json::value& v) {
  if (v.is_double()) return std::abs(v.get_double()) > 1e307;
  if (v.is_array()) return std::ranges::any_of(v.get_array(), has_huge_double);
  return v.is_object() && std::ranges::any_of(v.get_object(), [](const auto& member) {
           return has_huge_double(member.value());
         });
}

}  // namespace
}  // namespace assay

/// JSON is refused with a reason, or written again, tight or indented, it has the same value.
void fuzz(assay::Bytes in) {
  using namespace assay;
  const auto value = parse_json("json", as_text(in));
  if (!value) return check_explained(value);
  ASSAY_CHECK(is_utf8(as_text(in)));
  if (has_huge_double(*value)) return;
  constexpr JsonLimits kRoomy{.bytes = 16 * 1024 * 1024};
  const auto again = parse_json("json", json::serialize(*value), kRoomy);
  ASSAY_CHECK(again && same(*again, *value));
  const auto indented = parse_json("json", pretty_json(*value), kRoomy);
  ASSAY_CHECK(indented && same(*indented, *value));
}
