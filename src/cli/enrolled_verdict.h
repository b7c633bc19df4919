// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.h"
#include "cli/io.h"
#include "verify/enrolled_key.h"
#include "verify/enrolment.h"

namespace assay {

/// The verdict on a request or a key for a person, and below it who was found.
void print_request(const EnrolmentRequestOutcome& outcome, Io io);
void print_enrolled(const EnrolledKeyOutcome& outcome, Io io);

/// {"verdict","checks","enrollee":{"ek_fingerprint","ek_voucher","provenance","ak_fingerprint",
/// "instance"}}; no enrollee where rejected.
json::object request_json(const EnrolmentRequestOutcome& outcome);
/// {"verdict","checks","key":{"ak_fingerprint"}}; no key where rejected.
json::object enrolled_json(const EnrolledKeyOutcome& outcome);

}  // namespace assay
