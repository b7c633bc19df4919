// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "http/message.h"

namespace assay {

/// RFC 9457 application/problem+json: {"type","title","status","detail", + members of `more`}.
/// `type` is "urn:assay:problem:" + `slug`.
HttpResponse problem(unsigned status, std::string_view slug, std::string_view title,
                     std::string_view detail, json::object more = {});

}  // namespace assay
