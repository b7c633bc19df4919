// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "crypto/crl.h"

namespace assay {

/// What CAs have revoked, as far as the verifier was told, and how much it must have been told.
struct RevocationLists {
  enum class Missing {
    accepted,  ///< no current list of an issuer: not asked, and the verdict says so
    refused,   ///< no current list of an issuer: a failed check
  };

  std::vector<Crl> lists;
  Missing missing = Missing::accepted;
  /// How old thisUpdate may be, whatever nextUpdate says; none: nextUpdate alone decides.
  std::optional<std::chrono::seconds> max_age;
};

}  // namespace assay
