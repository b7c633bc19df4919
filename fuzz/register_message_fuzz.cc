// SPDX-License-Identifier: Apache-2.0
#include "formats/register_message.h"
#include "fuzz.h"

/// gotpm's two messages are refused with a reason, or say the same after each of their forms.
void fuzz(assay::Bytes in) {
  using namespace assay;
  constexpr RegisterFormat kForms[] = {RegisterFormat::binarypb, RegisterFormat::textproto};
  if (const auto blob = parse_import_blob(in); !blob) {
    check_explained(blob);
  } else {
    for (const RegisterFormat form : kForms) {
      const auto again = parse_import_blob(encode_import_blob(*blob, form));
      ASSAY_CHECK(again && *again == *blob);
    }
  }
  if (const auto blob = parse_certified_blob(in); !blob) {
    check_explained(blob);
  } else {
    for (const RegisterFormat form : kForms) {
      const auto again = parse_certified_blob(encode_certified_blob(*blob, form));
      ASSAY_CHECK(again && *again == *blob);
    }
  }
}
