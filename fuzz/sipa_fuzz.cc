// SPDX-License-Identifier: Apache-2.0
#include "formats/sipa.h"

#include "fuzz.h"

/// Values of Windows are refused with a reason, or lie in the input, one after the other.
void fuzz(assay::Bytes in) {
  using namespace assay;
  const auto values = parse_sipa(in);
  if (!values) return check_explained(values);
  const std::uint8_t* end = in.data();
  for (const SipaValue& value : *values) {
    check_inside(value.data, in);
    ASSAY_CHECK(value.data.data() >= end);
    end = value.data.data() + value.data.size();
  }
  WindowsState state;
  (void)read_sipa(*values, state);
}
