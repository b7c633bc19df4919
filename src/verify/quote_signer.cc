// SPDX-License-Identifier: Apache-2.0
#include "verify/quote_signer.h"

#include <algorithm>

#include "verify/quote_checks.h"

namespace assay {

const TrustedKey* find_quote_signer(const Attestation& attestation,
                                    std::span<const TrustedKey> keys) {
  if (attestation.quotes.empty()) return nullptr;
  const Quote& quote = attestation.quotes.front();
  const auto found = std::ranges::find_if(
      keys, [&quote](const TrustedKey& key) { return is_signed_by(quote, key.key); });
  return found == keys.end() ? nullptr : &*found;
}

}  // namespace assay
