// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/App.hpp>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace assay {

/// `--now TIME`: as of when evidence is judged.
void add_now(CLI::App* command, std::string& now);

/// The time that was given, or the clock's.  Fault::malformed names the option.
Result<Instant> judged_time(const std::string& now);

}  // namespace assay
