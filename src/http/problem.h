// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "http/message.h"

namespace assay {

/// The one table from Fault to HTTP status: malformed 400, untrusted 403, unavailable 503, internal
/// 500.
unsigned http_status(Fault fault);

/// RFC 9457 application/problem+json: {"type","title","status","detail", + members of `more`}.
/// `type` is "urn:assay:problem:" + `slug`.
HttpResponse problem(unsigned status, std::string_view slug, std::string_view title,
                     std::string_view detail, json::object more = {});

/// Google's error envelope {"error":{"code","message","status","details"}}; `status` is the
/// canonical name ("INVALID_ARGUMENT").  `reason`, if any, becomes a google.rpc.ErrorInfo detail
/// with `metadata`.
HttpResponse google_error(unsigned http_status, std::string_view canonical,
                          std::string_view message, std::string_view reason = {},
                          json::object metadata = {});

}  // namespace assay
