// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "http/message.h"

namespace assay {

/// What happens to the connection after a response.
enum class AfterResponse { keep_alive, close };

/// Whether every field name is a token and no value has a line break or NUL (RFC 9110 section 5.5):
/// what must hold before a response may be written.
[[nodiscard]] bool is_sendable(const HttpResponse& response);

/// Status line and header of `response`, up to and with the empty line.  The framing is ours:
/// Content-Length, Content-Type where none is given, Connection and Date are added, and what a
/// handler set of Content-Length, Transfer-Encoding, Connection and Date is left out.
std::string response_head(const HttpResponse& response, AfterResponse after);

/// Whether a response of this status ever has a body (RFC 9110 sections 15.2, 15.3.5, 15.4.5).
[[nodiscard]] constexpr bool may_have_body(unsigned status) {
  return status >= 200 && status != 204 && status != 304;
}

}  // namespace assay
