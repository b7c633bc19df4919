// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.h"
#include "base/json.h"
#include "policy/expression/type.h"
#include "verify/vtpm.h"

namespace assay {

/// The claims that a condition may name, each with its type: what `assay verify --json` prints as
/// "claims", under the same names, and `now`.  docs/appraisal-policy.md lists them.
const CelEnvironment& claim_types();

/// A JSON value as one of `type`; nothing where it is of another kind.  Members that the type does
/// not have are left out, null is a missing claim, and a missing record is one without claims.
std::optional<CelValue> cel_value(const json::value& value, const CelType& type);

/// The claims as conditions see them.
CelValue claim_values(const VtpmClaims& claims, Instant now);

}  // namespace assay
