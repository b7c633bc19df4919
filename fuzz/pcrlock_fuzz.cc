// SPDX-License-Identifier: Apache-2.0
#include "formats/pcrlock.h"

#include "fuzz.h"

/// Records are the same when they are written and read again.
void fuzz(assay::Bytes in) {
  using namespace assay;
  const auto records = parse_pcrlock(as_text(in));
  if (!records) return check_explained(records);
  const auto again = parse_pcrlock(encode_pcrlock(*records));
  ASSAY_CHECK(again && *again == *records);
}
