// SPDX-License-Identifier: Apache-2.0
#include "cli/eventlog_diff.h"

#include <fmt/format.h>

#include "cli/boot_causes.h"
#include "cli/boot_log.h"

namespace assay {

int run_eventlog_diff(const EventLogDiffOptions& options, Io io) {
  const auto before = BootLog::read(options.before);
  if (!before) return explain(io, before.error());
  const auto after = BootLog::read(options.after);
  if (!after) return explain(io, after.error());
  const auto diff = diff_boots((*before)->replayed(), (*after)->replayed());
  if (!diff) return explain(io, diff.error());
  const auto causes = likely_causes(*diff);
  if (options.json) {
    io.out << pretty_json(to_json(*diff, causes));
  } else if (diff->pcrs.empty()) {
    io.out << "The two boots measured the same.\n";
  } else {
    io.out << fmt::format("{} {}.  What changed, the weightiest first:\n",
                          list_registers(diff->pcrs),
                          diff->pcrs.size() == 1 ? "differs" : "differ");
    print_causes(causes, io);
  }
  return options.exit_code && !diff->pcrs.empty() ? kRejected : kAccepted;
}

}  // namespace assay
