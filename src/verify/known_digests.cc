// SPDX-License-Identifier: Apache-2.0
#include "verify/known_digests.h"

#include <utility>

#include "crypto/hash.h"
#include "formats/confidential_technology.h"

namespace assay {

namespace {

constexpr std::array<std::array<std::uint8_t, 4>, 3> kSeparators{
    {{0, 0, 0, 0}, {0xFF, 0xFF, 0xFF, 0xFF}, {1, 0, 0, 0}}};
constexpr std::array kActions{kCallingApplication,     kReturningFromApplication, kExitBootServices,
                              kExitBootServicesFailed, kExitBootServicesDone,     kDebugMode,
                              kDmaProtectionDisabled};

template <std::size_t... i>
std::array<Digest, sizeof...(i)> of_separators(HashAlgorithm bank, std::index_sequence<i...>) {
  return {hash(bank, kSeparators[i])...};
}

template <std::size_t... i>
std::array<Digest, sizeof...(i)> of_actions(HashAlgorithm bank, std::index_sequence<i...>) {
  return {hash(bank, as_bytes(kActions[i]))...};
}

Digest technology(HashAlgorithm bank, ConfidentialTechnology value) {
  return hash(bank, gce_non_host_info(value));
}

KnownDigests compute(HashAlgorithm b) {
  using enum ConfidentialTechnology;
  return {of_separators(b, std::make_index_sequence<kSeparators.size()>()),
          of_actions(b, std::make_index_sequence<kActions.size()>()),
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

const Digest* known_digest(HashAlgorithm bank, Bytes data) {
  for (std::size_t i = 0; i < kSeparators.size(); ++i)
    if (data.size() == kSeparators[i].size() && equal(data, kSeparators[i]))
      return &known_digests(bank).separators[i];
  for (std::size_t i = 0; i < kActions.size(); ++i)
    if (data.size() == kActions[i].size() && as_text(data) == kActions[i])
      return &known_digests(bank).actions[i];
  return nullptr;
}

}  // namespace assay
