// SPDX-License-Identifier: Apache-2.0
#include "cli/policy_options.h"

#include "cli/policy.h"

namespace assay {

namespace {

constexpr const char* kFile = "Appraisal policy, TOML (docs/appraisal-policy.md)";

void add_check(CLI::App* policy, Job& job) {
  CLI::App* command = policy->add_subcommand("check", "Is a policy understood, to its last line?");
  auto flags =
      on<PolicyOptions>(command, job, [](const auto& f, Io io) { return run_policy_check(f, io); });
  command->add_option("FILE", flags->file, kFile)->required();
  command->add_flag("--json", flags->json, "Print one JSON object");
}

void add_explain(CLI::App* policy, Job& job) {
  CLI::App* command = policy->add_subcommand("explain", "Print a policy in plain sentences");
  auto flags = on<PolicyOptions>(command, job,
                                 [](const auto& f, Io io) { return run_policy_explain(f, io); });
  command->add_option("FILE", flags->file, kFile)->required();
  command->add_flag("--json", flags->json, "Print one JSON object");
}

void add_test(CLI::App* policy, Job& job) {
  CLI::App* command =
      policy->add_subcommand("test", "Does a policy decide recorded evidence as it should?");
  auto flags = on<PolicyTestOptions>(command, job,
                                     [](const auto& f, Io io) { return run_policy_test(f, io); });
  command->add_option("FILE", flags->file, kFile)->required();
  command
      ->add_option("CASES", flags->cases,
                   "Directory of NAME.toml: evidence, nonce, now, trust, verdict, failing")
      ->required();
  command->add_flag("--json", flags->json, "Print one JSON object");
}

void add_import(CLI::App* policy, Job& job) {
  CLI::App* command =
      policy->add_subcommand("import", "Print a policy of another tool as one of ours");
  auto flags = on<PolicyImportOptions>(
      command, job, [](const auto& f, Io io) { return run_policy_import(f, io); });
  command->add_option("--keylime", flags->keylime, "Keylime's measured-boot reference state, JSON")
      ->type_name("FILE")
      ->required();
}

}  // namespace

void add_policy(CLI::App& app, Job& job) {
  CLI::App* policy = app.add_subcommand("policy", "Write, check and try policies for machines");
  policy->require_subcommand(1);
  add_check(policy, job);
  add_explain(policy, job);
  add_test(policy, job);
  add_import(policy, job);
}

}  // namespace assay
