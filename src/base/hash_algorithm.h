// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/check.h"

namespace assay {

/// Hash algorithms by their TPM_ALG_ID.  TCG Algorithm Registry, table 3.
enum class HashAlgorithm : std::uint16_t {
  sha1 = 0x0004,
  sha256 = 0x000B,
  sha384 = 0x000C,
  sha512 = 0x000D,
  sm3_256 = 0x0012,
};

/// The algorithm of a TPM_ALG_ID, if we know it.
constexpr std::optional<HashAlgorithm> hash_algorithm(std::uint32_t tpm_alg_id) {
  switch (tpm_alg_id) {
    case 0x0004:
      return HashAlgorithm::sha1;
    case 0x000B:
      return HashAlgorithm::sha256;
    case 0x000C:
      return HashAlgorithm::sha384;
    case 0x000D:
      return HashAlgorithm::sha512;
    case 0x0012:
      return HashAlgorithm::sm3_256;
    default:
      return std::nullopt;
  }
}

/// Digest size in bytes.
constexpr std::size_t digest_size(HashAlgorithm a) {
  switch (a) {
    case HashAlgorithm::sha1:
      return 20;
    case HashAlgorithm::sha256:
      return 32;
    case HashAlgorithm::sha384:
      return 48;
    case HashAlgorithm::sha512:
      return 64;
    case HashAlgorithm::sm3_256:
      return 32;
  }
  return 0;
}

/// "sha256", as tools and policies write it.
constexpr std::string_view name_of(HashAlgorithm a) {
  switch (a) {
    case HashAlgorithm::sha1:
      return "sha1";
    case HashAlgorithm::sha256:
      return "sha256";
    case HashAlgorithm::sha384:
      return "sha384";
    case HashAlgorithm::sha512:
      return "sha512";
    case HashAlgorithm::sm3_256:
      return "sm3_256";
  }
  return "unknown";
}

/// A digest with its algorithm; a plain value without allocation.
class Digest {
 public:
  /// All zero: a PCR after reset.
  explicit Digest(HashAlgorithm algorithm) : algorithm_(algorithm) {}
  /// `bytes` must have the algorithm's digest size.
  Digest(HashAlgorithm algorithm, Bytes bytes) : algorithm_(algorithm) {
    ASSAY_CHECK(bytes.size() == digest_size(algorithm));
    std::copy(bytes.begin(), bytes.end(), bytes_.begin());
  }
  [[nodiscard]] HashAlgorithm algorithm() const { return algorithm_; }
  [[nodiscard]] Bytes bytes() const { return {bytes_.data(), digest_size(algorithm_)}; }
  [[nodiscard]] std::span<std::uint8_t> writable() {
    return {bytes_.data(), digest_size(algorithm_)};
  }
  bool operator==(const Digest&) const = default;

 private:
  // First, so that a copy reads them in the pieces that they were written in.
  std::array<std::uint8_t, 64> bytes_{};
  HashAlgorithm algorithm_;
};

}  // namespace assay
