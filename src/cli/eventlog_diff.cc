// SPDX-License-Identifier: Apache-2.0
#include "cli/eventlog_diff.h"

#include <utility>

#include "cli/boot_causes.h"
#include "cli/boot_log.h"

namespace assay {

namespace {

DiffWords diff_words(bool stand) {
  return {.same = stand ? "The two boots measured the same." : kSameValuesAlone,
          .differs = "differs.  What changed, the weightiest first:",
          .differ = "differ.  What changed, the weightiest first:"};
}

}  // namespace

int run_eventlog_diff(const EventLogDiffOptions& options, Io io) {
  const auto before = BootLog::read(options.before);
  if (!before) return explain(io, before.error());
  const auto after = BootLog::read(options.after);
  if (!after) return explain(io, after.error());
  const BootLog* const logs[] = {before->get(), after->get()};
  const bool stand = all_stand(logs);
  const RefusalForm form = options.json ? RefusalForm::json : RefusalForm::text;
  if (!(*before)->is_whole() || !(*after)->is_whole()) return refuse(logs, form, io);
  const auto diff = diff_boots((*before)->replayed(), (*after)->replayed());
  if (!diff) return refuse(diff.error(), form, io);
  const auto causes = likely_causes(*diff);
  if (options.json) {
    json::object document = stand ? json::object() : contradictions_json(logs);
    for (auto& [name, value] : to_json(*diff, causes)) document[name] = std::move(value);
    io.out << pretty_json(document);
  } else {
    print_contradictions(logs, io);
    print_diff(*diff, causes, diff_words(stand), io);
  }
  return !stand || (options.exit_code && !diff->pcrs.empty()) ? kRejected : kAccepted;
}

}  // namespace assay
