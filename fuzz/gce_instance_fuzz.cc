// SPDX-License-Identifier: Apache-2.0
#include "formats/gce_instance.h"

#include "fuzz.h"

/// The extension is refused with a reason, or written again it says the same, and no other length
/// of it is one.
void fuzz(assay::Bytes in) {
  using namespace assay;
  const auto extension = parse_gce_instance_extension(in);
  if (!extension) return check_explained(extension);
  const auto again = parse_gce_instance_extension(encode_gce_instance_extension(*extension));
  ASSAY_CHECK(again && again->instance == extension->instance);
  ASSAY_CHECK(again->security_version == extension->security_version);
  ASSAY_CHECK(again->is_production == extension->is_production);
  check_one_length(parse_gce_instance_extension, in);
}
