// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/hash_algorithm.h"
#include "base/result.h"
#include "collect/tpm.h"

namespace assay {

/// A boot to be lived again in a TPM: what an event log says was extended.
struct MeasuredBoot {
  struct Extension {
    std::uint32_t pcr;
    std::vector<Digest> digests;
  };
  std::vector<HashAlgorithm> banks;  ///< the log's, which the TPM must have
  std::uint8_t startup_locality = 0;
  std::vector<Extension> extensions;
};

/// Reads a boot out of a log.  Fault::malformed for a log that cannot be lived again: a bank that
/// libtpms does not have, an event without a digest for a bank, a start by H-CRTM (locality 4),
/// which measures what the log does not hold.
Result<MeasuredBoot> parse_measured_boot(Bytes log);

/// Extends the TPM's PCRs event by event.
Status live_again(const MeasuredBoot& boot, Tpm& tpm);

}  // namespace assay
