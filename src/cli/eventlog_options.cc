// SPDX-License-Identifier: Apache-2.0
#include "cli/eventlog_options.h"

#include "cli/eventlog_baseline.h"
#include "cli/eventlog_diff.h"
#include "cli/eventlog_explain.h"
#include "cli/eventlog_export.h"
#include "cli/eventlog_predict.h"
#include "cli/eventlog_replay.h"
#include "cli/eventlog_show.h"

namespace assay {

namespace {

void add_show(CLI::App* eventlog, Job& job) {
  CLI::App* command = eventlog->add_subcommand(
      "show", "Say what each event means, and what the log says of the boot");
  auto flags = on<LogFileOptions>(command, job,
                                  [](const auto& f, Io io) { return run_eventlog_show(f, io); });
  command->add_option("FILE", flags->file, "Any kind of log; \"-\" is standard input")->required();
  command->add_flag("--json", flags->json, "Print one JSON object");
}

void add_replay(CLI::App* eventlog, Job& job) {
  CLI::App* command = eventlog->add_subcommand(
      "replay", "Compute the registers that the log leads to, in every bank");
  auto flags = on<LogFileOptions>(command, job,
                                  [](const auto& f, Io io) { return run_eventlog_replay(f, io); });
  command->add_option("FILE", flags->file, "Any kind of log; \"-\" is standard input")->required();
  command->add_flag("--json", flags->json, "Print one JSON object");
}

void add_diff(CLI::App* eventlog, Job& job) {
  CLI::App* command = eventlog->add_subcommand("diff", "What changed between two boots");
  auto flags = on<EventLogDiffOptions>(
      command, job, [](const auto& f, Io io) { return run_eventlog_diff(f, io); });
  command->add_option("BEFORE", flags->before, "Event log of one boot")->required();
  command->add_option("AFTER", flags->after, "Event log of the other")->required();
  command->add_flag("--json", flags->json, "Print one JSON object");
  command->add_flag("--exit-code", flags->exit_code, "Exit 1 where they differ");
}

void add_explain(CLI::App* eventlog, Job& job) {
  CLI::App* command = eventlog->add_subcommand(
      "explain", "Why PCRs are not what they should be: where, and the likely causes");
  auto flags = on<EventLogExplainOptions>(
      command, job, [](const auto& f, Io io) { return run_eventlog_explain(f, io); });
  command->add_option("LOG", flags->log, "Event log")->required();
  command
      ->add_option("--pcrs", flags->pcrs,
                   "What the TPM holds: the output of tpm2_pcrread, or JSON as of eventlog replay")
      ->type_name("FILE");
  command->add_option("--good", flags->good, "The log of a good boot")->type_name("LOG");
  command->add_flag("--json", flags->json, "Print one JSON object");
}

void add_predict(CLI::App* eventlog, Job& job) {
  CLI::App* command = eventlog->add_subcommand(
      "predict", "What will the PCRs be after the next update? In all banks of a recorded log");
  auto flags = on<EventLogPredictOptions>(
      command, job, [](const auto& f, Io io) { return run_eventlog_predict(f, io); });
  command->add_option("LOG", flags->log, "Event log of a boot as it is now")->required();
  command->add_option("--set", flags->set, "What will be different; repeatable")
      ->type_name("NAME=VALUE")
      ->required()
      ->take_all();
  command->add_option("--output", flags->output, "Write the log of that boot there")
      ->type_name("FILE");
  command->add_flag("--json", flags->json, "Print one JSON object");
  command->footer(kPredictSettings);
}

void add_baseline(CLI::App* eventlog, Job& job) {
  CLI::App* command = eventlog->add_subcommand(
      "baseline", "Write a policy that these good boots fulfil, for assay verify --policy");
  auto flags = on<EventLogBaselineOptions>(
      command, job, [](const auto& f, Io io) { return run_eventlog_baseline(f, io); });
  command->add_option("LOG", flags->logs, "Event logs of good boots")->required();
  command
      ->add_option(
          "--bank", flags->bank,
          "Judge by this bank alone, and write its digests: sha256, ... (default: the strongest "
          "that all logs have)")
      ->type_name("BANK");
  command
      ->add_option("--accept-any", flags->accept_any,
                   "Ask nothing about this area, where the logs do not say it: platform, "
                   "secure_boot, applications, drivers, kernel or instance; repeatable")
      ->type_name("AREA")
      ->take_all();
  command->add_option("--output", flags->output, "Write the policy there")->type_name("FILE");
}

void add_export(CLI::App* eventlog, Job& job) {
  CLI::App* command = eventlog->add_subcommand(
      "export", "Write these good boots as reference values of another tool");
  auto flags = on<EventLogExportOptions>(
      command, job, [](const auto& f, Io io) { return run_eventlog_export(f, io); });
  command->add_option("LOG", flags->logs, "Event logs of good boots, or for Keylime lists of IMA")
      ->required();
  command
      ->add_option("--format", flags->format,
                   "pcrlock: components for systemd-pcrlock; keylime: a measured-boot reference "
                   "state, or of lists of IMA a runtime policy")
      ->type_name("pcrlock|keylime")
      ->required();
  command
      ->add_option("--output", flags->output,
                   "pcrlock: the directory, as /var/lib/pcrlock.d; keylime: a file (default: "
                   "standard output)")
      ->type_name("DIR|FILE");
}

}  // namespace

void add_eventlog(CLI::App& app, Job& job) {
  CLI::App* eventlog =
      app.add_subcommand("eventlog", "Understand a measured boot: what ran, what changed");
  eventlog->require_subcommand(1);
  add_show(eventlog, job);
  add_replay(eventlog, job);
  add_diff(eventlog, job);
  add_explain(eventlog, job);
  add_predict(eventlog, job);
  add_baseline(eventlog, job);
  add_export(eventlog, job);
}

}  // namespace assay
