// SPDX-License-Identifier: Apache-2.0
#include "formats/uefi.h"
#include "fuzz.h"

/// Signature lists are refused with a reason, or their entries lie in the input one after the
/// other.
void fuzz(assay::Bytes in) {
  using namespace assay;
  const auto entries = parse_signature_lists(in);
  if (!entries) return check_explained(entries);
  ASSAY_CHECK(entries->size() <= 65536);
  Bytes rest = in;
  for (const SignatureEntry& entry : *entries) {
    if (entry.data.empty()) continue;
    check_inside(entry.data, rest);
    const auto end = static_cast<std::size_t>(entry.data.data() - rest.data()) + entry.data.size();
    rest = rest.subspan(end);
  }
}
