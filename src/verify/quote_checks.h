// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "crypto/public_key.h"
#include "formats/attestation.h"
#include "formats/tpm.h"
#include "verify/check.h"

namespace assay {

/// What must hold of the nonce in a quote.
enum class NonceRule {
  fresh,        ///< not empty, and equal
  as_in_gotpm,  ///< equal; an empty one equals an empty one, which proves no freshness
};

/// Whether quotes of SHA-1 registers alone are enough: collisions of SHA-1 can be made (NIST SP
/// 800-131A, 9), so a log may be another than the one that was measured.
enum class Sha1 {
  refused,
  allowed,  ///< asked for by name: for TPMs that have no other bank
};

/// Checks all quotes of an attestation: tpm.quotes.* over all of them, tpm.quote.*/BANK for each.
/// Every quote must verify.  `key` is the attestation key; without one the signatures are reported
/// as not checked.  The parsed quotes, in the attestation's order; empty where one is unreadable.
std::vector<std::optional<QuoteAttest>> check_quotes(const std::vector<Quote>& quotes,
                                                     const std::optional<PublicKey>& key,
                                                     Bytes nonce, NonceRule rule, Sha1 sha1,
                                                     Verdict& verdict);

/// Whether `key` made the quote's signature, by a scheme of its own type.  Nothing else is asked.
bool is_signed_by(const Quote& quote, const PublicKey& key);

/// The banks of the quotes, each once, the strongest first: SHA-512, SHA-384, SHA-256, SM3, SHA-1.
std::vector<HashAlgorithm> banks_of(const std::vector<Quote>& quotes);

}  // namespace assay
