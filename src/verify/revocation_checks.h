// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "base/clock.h"
#include "collateral/revocation.h"
#include "verify/certificate_chain.h"
#include "verify/check.h"

namespace assay {

/// Is a certificate of the path, from the key's own to the one below the anchor, revoked?  The
/// checks `family`.list to `family`.serial, where the family is "ak.revocation" or
/// "ek.revocation".  An empty path is one that nobody vouches for; without `revocation` there are
/// no lists.  An anchor is a pinned key: to revoke it is to take it out of the trust.
///
/// A list that names a certificate counts even when it is stale, or when another has a higher
/// cRLNumber; that nobody revoked one is said by current lists of the highest number alone.
void check_revocation(std::string_view family, std::span<const CertificateLink> path,
                      const RevocationLists* revocation, Instant now, Verdict& verdict);

}  // namespace assay
