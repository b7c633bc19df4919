// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "base/bytes.h"
#include "base/json.h"
#include "cli/io.h"
#include "verify/enrolled_key.h"
#include "verify/enrolment.h"

namespace assay {

/// The verdict on a request for a person, and below it who was found.
void print_request(const EnrolmentRequestOutcome& outcome, Io io);

/// {"verdict","checks","enrollee":{"ek_fingerprint","ek_voucher","provenance","ak_fingerprint",
/// "instance"}}; no enrollee where rejected.
json::object request_json(const EnrolmentRequestOutcome& outcome);

enum class VerdictForm { text, json };

/// What becomes of a key that was judged.
struct EnrolledKeyOutput {
  std::string file;  ///< where it goes if it was accepted; empty: nowhere
  std::function<Buffer(const EnrolledKey&)> content;
  VerdictForm form = VerdictForm::text;
  std::string machine;  ///< that it is in the TPM of, for a person; empty: not told
};

/// Writes the key and prints the verdict beside it, as text or as {"verdict","checks","key":
/// {"ak_fingerprint","provenance"}} (no key where rejected); the exit code.
int conclude(const EnrolledKeyOutcome& outcome, const EnrolledKeyOutput& output, Io io);

}  // namespace assay
