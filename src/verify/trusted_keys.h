// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/attestation.h"
#include "verify/trusted_key.h"

namespace assay {

/// Attestation keys that are trusted themselves, found by what evidence says of its key, however
/// many there are.
class TrustedKeys {
 public:
  /// No more signatures than this are verified to find a key.
  static constexpr std::size_t kMaxTried = 64;

  /// Adds a key that `where` names; its place in keys().  A key that is there already stays one:
  /// emulated if either says so, and with the public area that either has.  Fault::malformed where
  /// they have different ones: which of them counts must not depend on an order.
  Result<std::size_t> add(std::string_view where, TrustedKey key);

  [[nodiscard]] std::span<const TrustedKey> keys() const { return keys_; }

  struct Search {
    const TrustedKey* key = nullptr;  ///< null: none of them
    std::size_t tried = 0;            ///< how many signatures were verified
  };
  /// Whose the evidence is to be judged as, not that it is to be believed.  By ak_pub where the
  /// evidence has it (a service is sent none); else by the name of the signing key in the first
  /// quote, which tells a primary key of the TPM that was trusted with its public area; else by
  /// trying who signed that quote, the keys without a public area first.
  [[nodiscard]] Search find_signer(const Attestation& attestation) const;

 private:
  void name(std::size_t place);
  [[nodiscard]] const TrustedKey* find_public(Bytes ak_pub) const;
  [[nodiscard]] const TrustedKey* find_named(Bytes attest) const;
  [[nodiscard]] Search try_all(const Quote& quote) const;

  std::vector<TrustedKey> keys_;
  std::map<std::string, std::size_t> by_fingerprint_;
  std::map<Buffer, std::size_t> by_name_;  ///< TPM 2.0 Qualified Names
};

}  // namespace assay
