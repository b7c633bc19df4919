// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "collateral/revocation.h"
#include "verify/quote_checks.h"

namespace assay {

/// What a policy asks of whoever authenticates the evidence, before there are claims to judge.
struct EvidenceTerms {
  /// Whose quotes alone are to be judged (VtpmExpectations::bank); none: all of them.
  std::optional<HashAlgorithm> only_bank;
  Sha1 sha1 = Sha1::refused;  ///< VtpmExpectations::sha1
  /// Of the revocation lists; where somebody else asks for more, that holds.
  RevocationTerms revocation;
};

}  // namespace assay
