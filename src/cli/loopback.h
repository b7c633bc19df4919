// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "cli/io.h"

namespace assay {

/// Whether "HOST" or "HOST:PORT" names this machine alone: 127.0.0.0/8, [::1] or localhost.
bool is_loopback(std::string_view authority);

/// Tells on `io.err`, in one line, where a service is about to speak plain HTTP beyond this
/// machine; `what` it says there.
void warn_of_clear_http(const std::string& listen, std::string_view what, Io io);

}  // namespace assay
