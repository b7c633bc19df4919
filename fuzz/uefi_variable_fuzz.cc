// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.h"
#include "formats/uefi.h"
#include "fuzz.h"

/// A UEFI_VARIABLE_DATA is refused with a reason, or its data lies where its sizes say, and its
/// name is text.
void fuzz(assay::Bytes in) {
  using namespace assay;
  const auto variable = parse_uefi_variable(in);
  if (!variable) return check_explained(variable);
  check_inside(variable->data, in.first(variable->measured_size));
  ASSAY_CHECK(in.size() - variable->measured_size <= 6);
  ASSAY_CHECK(is_utf8(variable->name));
  ASSAY_CHECK(guid(to_string(variable->vendor)) == variable->vendor);
}
