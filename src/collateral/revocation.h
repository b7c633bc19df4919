// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "crypto/crl.h"

namespace assay {

/// How much a verifier must have been told of what CAs have revoked.
struct RevocationTerms {
  enum class Missing {
    accepted,  ///< no current list of an issuer: not asked, and the verdict says so
    refused,   ///< no current list of an issuer: a failed check
  };

  Missing missing = Missing::accepted;
  /// How old thisUpdate may be, whatever nextUpdate says; none: nextUpdate alone decides.
  std::optional<std::chrono::seconds> max_age = std::nullopt;

  /// These, and the others too: of each the stricter.
  [[nodiscard]] RevocationTerms and_also(const RevocationTerms& others) const;
  /// Nothing passes these that the others refuse.
  [[nodiscard]] bool cover(const RevocationTerms& others) const;
};

/// What CAs have revoked, as far as the verifier was told.
struct RevocationLists {
  std::vector<Crl> lists;
  RevocationTerms terms;
};

}  // namespace assay
