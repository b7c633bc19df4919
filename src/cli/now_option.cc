// SPDX-License-Identifier: Apache-2.0
#include "cli/now_option.h"

#include "host/system_clock.h"

namespace assay {

void add_now(CLI::App* command, std::string& now) {
  command
      ->add_option("--now", now, "Judge as of this time, 2023-01-01T00:00:00Z (default: the clock)")
      ->type_name("TIME");
}

Result<Instant> judged_time(const std::string& now) {
  return now.empty() ? SystemClock().now() : parse_rfc3339("--now", now);
}

}  // namespace assay
