// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include "base/utf8.h"
#include "fuzz.h"

/// JSON is refused with a reason, or written again, tight or indented, it has the same value.
void fuzz(assay::Bytes in) {
  using namespace assay;
  const auto value = parse_json("json", as_text(in));
  if (!value) return check_explained(value);
  ASSAY_CHECK(is_utf8(as_text(in)));
  constexpr JsonLimits kRoomy{.bytes = 16 * 1024 * 1024};
  const std::string tight = json::serialize(*value);
  const auto again = parse_json("json", tight, kRoomy);
  ASSAY_CHECK(again && *again == *value);
  const auto indented = parse_json("json", pretty_json(*value), kRoomy);
  ASSAY_CHECK(indented && *indented == *value);
}
