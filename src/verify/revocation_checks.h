// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.h"
#include "collateral/revocation.h"
#include "verify/certificate_path.h"
#include "verify/check.h"

namespace assay {

/// Is a certificate of the path, from the AK's to the one below the anchor, revoked
/// (ak.revocation.*)?  An anchor is a pinned key: to revoke it is to take it out of the trust.
/// A list that names a certificate counts even when it is stale.
void check_revocation(const CertificatePath& path, const RevocationLists& revocation, Instant now,
                      Verdict& verdict);

}  // namespace assay
