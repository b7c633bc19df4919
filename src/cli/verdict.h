// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.h"
#include "cli/io.h"
#include "verify/check.h"
#include "verify/vtpm.h"

namespace assay {

/// Prints a verdict for a person: the decision, then each check with its mark (`ok`, `FAIL`, `n/a`
/// for what the evidence need not have, `----` for what could not be asked) and, under a failure,
/// what was expected, what came and what to do.
void print_verdict(const Verdict& verdict, Io io);

/// Prints what an attestation says: platform, instance, Secure Boot, applications, GRUB, kernel.
void print_claims(const VtpmClaims& claims, Io io);

/// {"verdict":"accepted|rejected","checks":[...],"claims":{...}}; no claims where rejected.
json::object verdict_json(const VtpmOutcome& outcome);

}  // namespace assay
