// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "fuzz.h"

/// A time is refused with a reason, or written in UTC it is the same time.
void fuzz(assay::Bytes in) {
  using namespace assay;
  const auto time = parse_rfc3339("time", as_text(in));
  if (!time) return check_explained(time);
  const std::string text = rfc3339(*time);
  const auto again = parse_rfc3339("time", text);
  ASSAY_CHECK(again && *again == *time);
  ASSAY_CHECK(rfc3339(*again) == text);
}
