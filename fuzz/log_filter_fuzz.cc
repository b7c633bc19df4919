// SPDX-License-Identifier: Apache-2.0
#include "store/log_filter.h"

#include "fuzz.h"

namespace assay {
namespace {

/// An entry with a member of each kind.
json::object entry() {
  return {{"severity", "NOTICE"},
          {"timestamp", "2026-01-02T03:04:05.6Z"},
          {"logName", "projects/p/logs/assay"},
          {"labels", {{"a", "b"}}},
          {"jsonPayload", {{"n", 7}, {"ok", true}, {"none", nullptr}, {"list", {1, "two"}}}}};
}

}  // namespace
}  // namespace assay

/// A filter is refused with a reason, or answers the same entry the same way.
void fuzz(assay::Bytes in) {
  using namespace assay;
  const auto filter = compile_log_filter(as_text(in));
  if (!filter) return check_explained(filter);
  const json::object asked = entry();
  ASSAY_CHECK((*filter)(asked) == (*filter)(asked));
}
