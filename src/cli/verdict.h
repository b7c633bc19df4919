// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.h"
#include "cli/io.h"
#include "verify/check.h"
#include "verify/vtpm.h"

namespace assay {

/// Which checks a person is shown.
enum class ShownChecks {
  remarkable,  ///< those that did not pass; of several with one answer the first, and how many
  all,
};

/// Prints a verdict for a person: the decision, what failed with what was expected, what came and
/// what to do, then the other checks with their mark (`----` for what could not be asked, `n/a` for
/// what the evidence need not have, `ok`).
void print_verdict(const Verdict& verdict, ShownChecks shown, Io io);

/// Prints what an attestation says: platform, instance, Secure Boot, applications, GRUB, kernel.
void print_claims(const VtpmClaims& claims, Io io);

/// {"verdict":"accepted|rejected","checks":[...],"claims":{...}}; no claims where rejected.
json::object verdict_json(const VtpmOutcome& outcome);
/// The same of evidence that cannot be read: no check could be asked, "error" says why.
json::object unreadable_json(const Error& error);

}  // namespace assay
