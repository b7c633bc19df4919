// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>

#include "crypto/crl.h"
#include "crypto/public_key.h"

namespace assay {

/// CAs that a trust anchor vouches for, by name and key: a revocation list that one of them signed
/// is genuine.  Many CAs may have one name.  Thread-safe.
class ListSigners {
 public:
  /// Beyond kMost no other is taken in.
  void add(const std::string& name, const PublicKey& key);
  /// Whose the list is, by its issuer's name and its signature; null: nobody's that is known.
  /// Equal pointers are equal CAs; they live as long as this.
  [[nodiscard]] const PublicKey* find(const Crl& crl) const;
  [[nodiscard]] std::size_t size() const;

  static constexpr std::size_t kMost = 1024;

 private:
  mutable std::mutex mutex_;
  std::multimap<std::string, PublicKey> keys_;  ///< of each name; only grows
};

}  // namespace assay
