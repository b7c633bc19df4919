// SPDX-License-Identifier: Apache-2.0
#include "emulator/measured_boot.h"

#include <set>

#include "fuzz.h"

/// A recorded boot is refused with a reason, or every one of its extensions has one digest for each
/// of its banks, in their order: what a TPM can live again.
void fuzz(assay::Bytes in) {
  using namespace assay;
  const auto boot = parse_measured_boot(in);
  if (!boot) return check_explained(boot);
  ASSAY_CHECK(!boot->banks.empty());
  ASSAY_CHECK(std::set(boot->banks.begin(), boot->banks.end()).size() == boot->banks.size());
  ASSAY_CHECK(boot->startup_locality == 0 || boot->startup_locality == 3);
  for (const MeasuredBoot::Extension& extension : boot->extensions) {
    ASSAY_CHECK(extension.pcr <= 23);
    ASSAY_CHECK(extension.digests.size() == boot->banks.size());
    for (std::size_t i = 0; i < boot->banks.size(); ++i) {
      ASSAY_CHECK(extension.digests[i].algorithm() == boot->banks[i]);
    }
  }
}
