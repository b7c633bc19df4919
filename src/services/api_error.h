// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "http/message.h"
#include "verify/check.h"

namespace assay {

/// A refusal of the attestation API, in the error model of Google's APIs (google.rpc.Status with
/// ErrorInfo and BadRequest details, the only kinds every client can print).
struct ApiError {
  unsigned http = 400;
  std::string_view status = "INVALID_ARGUMENT";  ///< canonical code: google.rpc.Code
  std::string message;                           ///< shown to people as it is
  std::string reason;                            ///< ErrorInfo.reason, "CHALLENGE_USED"
  json::object metadata;                         ///< ErrorInfo.metadata: text by text

  struct Violation {
    std::string field, description;
  };
  std::vector<Violation> violations;  ///< BadRequest.fieldViolations
};

HttpResponse to_response(const ApiError& error);

/// The refusal that a rejecting `verdict` is: the first failed check in the message and in
/// ErrorInfo (its id in capitals is the reason: "TPM_QUOTE_NONCE"), every failed check in
/// BadRequest.
ApiError rejection(const Verdict& verdict);

}  // namespace assay
