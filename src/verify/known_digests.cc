// SPDX-License-Identifier: Apache-2.0
#include "verify/known_digests.h"

#include "crypto/hash.h"

namespace assay {

namespace {

Digest four_bytes(HashAlgorithm bank, std::array<std::uint8_t, 4> bytes) {
  return hash(bank, bytes);
}

Digest text(HashAlgorithm bank, std::string_view string) { return hash(bank, as_bytes(string)); }

/// 16 bytes "GCE NonHostInfo\0", the technology, 15 reserved zeros.
Digest technology(HashAlgorithm bank, std::uint8_t value) {
  constexpr std::string_view kSignature{"GCE NonHostInfo\0", 16};
  std::array<std::uint8_t, 32> data{};
  std::copy(kSignature.begin(), kSignature.end(), data.begin());
  data[16] = value;
  return hash(bank, data);
}

KnownDigests compute(HashAlgorithm b) {
  return {
      {four_bytes(b, {0, 0, 0, 0}), four_bytes(b, {0xFF, 0xFF, 0xFF, 0xFF}),
       four_bytes(b, {1, 0, 0, 0})},
      {text(b, kCallingApplication), text(b, kReturningFromApplication), text(b, kExitBootServices),
       text(b, kExitBootServicesFailed), text(b, kExitBootServicesDone), text(b, kDebugMode),
       text(b, kDmaProtectionDisabled)},
      {technology(b, 0), technology(b, 1), technology(b, 2), technology(b, 3), technology(b, 4)}};
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
