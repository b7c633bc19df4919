// SPDX-License-Identifier: Apache-2.0
#include "verify/known_digests.h"

#include "crypto/hash.h"
#include "formats/confidential_technology.h"

namespace assay {

namespace {

Digest four_bytes(HashAlgorithm bank, std::array<std::uint8_t, 4> bytes) {
  return hash(bank, bytes);
}

Digest text(HashAlgorithm bank, std::string_view string) { return hash(bank, as_bytes(string)); }

Digest technology(HashAlgorithm bank, ConfidentialTechnology value) {
  return hash(bank, gce_non_host_info(value));
}

KnownDigests compute(HashAlgorithm b) {
  using enum ConfidentialTechnology;
  return {{four_bytes(b, {0, 0, 0, 0}), four_bytes(b, {0xFF, 0xFF, 0xFF, 0xFF}),
           four_bytes(b, {1, 0, 0, 0})},
          {text(b, kCallingApplication), text(b, kReturningFromApplication),
           text(b, kExitBootServices), text(b, kExitBootServicesFailed),
           text(b, kExitBootServicesDone), text(b, kDebugMode), text(b, kDmaProtectionDisabled)},
          {technology(b, none), technology(b, amd_sev), technology(b, amd_sev_es),
           technology(b, intel_tdx), technology(b, amd_sev_snp)}};
}

template <HashAlgorithm bank>
const KnownDigests& cached() {
  static const KnownDigests digests = compute(bank);
  return digests;
}

}  // namespace

const KnownDigests& known_digests(HashAlgorithm bank) {
  switch (bank) {
    case HashAlgorithm::sha1:
      return cached<HashAlgorithm::sha1>();
    case HashAlgorithm::sha256:
      return cached<HashAlgorithm::sha256>();
    case HashAlgorithm::sha384:
      return cached<HashAlgorithm::sha384>();
    case HashAlgorithm::sha512:
      return cached<HashAlgorithm::sha512>();
    case HashAlgorithm::sm3_256:
      break;
  }
  return cached<HashAlgorithm::sm3_256>();
}

}  // namespace assay
