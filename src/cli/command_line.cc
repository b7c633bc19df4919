// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.h"

#include <CLI/Config.hpp>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "cli/attest.h"
#include "cli/choice.h"
#include "cli/emulate.h"
#include "cli/eventlog_options.h"
#include "cli/help_form.h"
#include "cli/job.h"
#include "cli/key_option.h"
#include "cli/logs.h"
#include "cli/now_option.h"
#include "cli/policy_options.h"
#include "cli/quickstart.h"
#include "cli/release_secrets.h"
#include "cli/release_serve.h"
#include "cli/serve.h"
#include "cli/token.h"
#include "cli/tpm_options.h"
#include "cli/verify.h"
#include "cli/verify_debug.h"
#include "cli/version.h"
#include "cli/wrong_words.h"

namespace assay {
namespace {

constexpr const char* kFooter = R"(Try it without any hardware:
  assay quickstart
Is this attestation of a Google VM real?
  assay verify --input attestation.pb --nonce 9009 --trust google
Run any program inside a virtual confidential VM:
  assay emulate -- tpm2_pcrread sha256

Every command has its own --help.  Exit codes: 0 accepted or done, 1 rejected,
2 a mistake in the command line or in a file of yours, 3 something it needs is
unavailable, 4 internal.)";

/// The commands as --help lists them.
const std::vector<std::pair<const char*, std::vector<const char*>>> kHeadings{
    {"Without hardware", {"quickstart", "emulate"}},
    {"In the machine", {"attest", "token", "tpm"}},
    {"For who judges machines", {"verify", "eventlog", "policy"}},
    {"Services", {"serve", "release", "logs"}}};

ReadyForm ready_form(bool json) { return json ? ReadyForm::json : ReadyForm::text; }
ServiceMode service_mode(bool dev) {
  return dev ? ServiceMode::development : ServiceMode::production;
}

void add_metadata_host(CLI::App* command, std::string& host) {
  command
      ->add_option("--metadata-host", host,
                   "Metadata server (default $GCE_METADATA_HOST, or Google's)")
      ->type_name("HOST:PORT");
}

void add_threads(CLI::App* command, int& threads) {
  command
      ->add_option("--threads", threads,
                   "Requests worked on at once, 1 to 256 (default " + std::to_string(threads) + ")")
      ->check(CLI::Range(1, 256).description(""))
      ->type_name("N");
}

void add_verify_debug(CLI::App* verify, Job& job) {
  CLI::App* command = verify->add_subcommand(
      "debug", "As gotpm's: hold an attestation against its own key and print the machine state");
  auto flags = on<VerifyDebugOptions>(command, job,
                                      [](const auto& f, Io io) { return run_verify_debug(f, io); });
  command->add_option("--nonce", flags->nonce, "The nonce that was asked for, in hex")
      ->type_name("HEX");
  command->add_option("--tee-nonce", flags->tee_nonce, "The nonce of the CPU's evidence, in hex")
      ->type_name("HEX");
  command->add_option("--input", flags->input, "Attestation (default: standard input)")
      ->type_name("FILE");
  command->add_option("--output", flags->output, "Machine state (default: standard output)")
      ->type_name("FILE");
  command->add_option("--format", flags->format, "Of the input: binarypb or textproto")
      ->capture_default_str()
      ->type_name("FORMAT");
}

void add_verify(CLI::App& app, Job& job) {
  CLI::App* command =
      app.add_subcommand("verify", "Judge evidence: is it real, and what does it say?");
  struct Flags : VerifyOptions {
    bool all = false;
  };
  auto flags = on<Flags>(command, job, [](const Flags& f, Io io) {
    auto options = static_cast<const VerifyOptions&>(f);
    if (f.all) options.shown = ShownChecks::all;
    return run_verify(options, io);
  });
  command->add_option("--input", flags->input, "Attestation (default: standard input)")
      ->type_name("FILE");
  command->add_option("--format", flags->format, "Of the input: binarypb, textproto or json")
      ->capture_default_str()
      ->type_name("FORMAT");
  command->add_option("--nonce", flags->nonce, "The nonce that was asked for, in hex")
      ->type_name("HEX");
  command
      ->add_option("--trust", flags->trust,
                   "Who may vouch for the VM: \"google\", or a file of CA certificates; "
                   "repeatable.  Nobody by default")
      ->type_name("google|FILE")
      ->take_all();
  command
      ->add_option(
          "--trust-ak", flags->trust_ak,
          "An attestation key to trust itself, instead of --trust: what `tpm enroll accept` "
          "wrote, PEM, TPMT_PUBLIC or TPM2B_PUBLIC, or a directory of such; repeatable")
      ->type_name("FILE|DIR")
      ->take_all();
  add_revocation(command, flags->revocation);
  command->add_flag("--allow-sha1", flags->allow_sha1,
                    "Accept quotes of SHA-1 registers alone: for TPMs that have no other bank");
  command
      ->add_option(
          "--ima-log", flags->ima_log,
          "The machine's IMA measurement list, binary or ascii, to hold against the quoted "
          "PCR 10: it may have grown behind the quote (docs/formats/ima.md)")
      ->type_name("FILE");
  add_now(command, flags->now);
  command->add_flag("--all", flags->all, "Print the checks that passed, too");
  command->add_flag("--json", flags->json, "Print the verdict as one JSON object");
  command
      ->add_option("--policy", flags->policy,
                   "What the machine must be: TOML (docs/appraisal-policy.md), or gotpm's Policy "
                   "(.textproto)")
      ->type_name("FILE");
  command
      ->add_option("--html", flags->html,
                   "Also write a report to FILE, one HTML page; \"-\" prints it instead of text")
      ->type_name("FILE");
  add_verify_debug(command, job);
}

void add_token(CLI::App& app, Job& job) {
  CLI::App* command =
      app.add_subcommand("token", "Attest to an attestation service, print its token");
  struct Flags : TokenOptions {
    bool json = false;
  };
  auto flags = on<Flags>(command, job, [](const Flags& f, Io io) {
    auto options = static_cast<const TokenOptions&>(f);
    options.form = f.json ? TokenOptions::Form::json : TokenOptions::Form::jwt;
    return run_token(options, io);
  });
  command->add_option("--verifier-endpoint,--endpoint", flags->endpoint, "The service")
      ->capture_default_str()
      ->type_name("URL");
  command->add_option("--audience", flags->audience,
                      "Who the token is for (default: the service's own)");
  command
      ->add_option("--custom-nonce", flags->custom_nonces, "For the token's eat_nonce; repeatable")
      ->take_all();
  add_attestation_key(command, flags->key)
      ->description(
          "gceAK: the provider's key, with its certificate; AK: one of its own, which the service "
          "must know by serve --trust-ak (default gceAK)");
  add_key_algorithm(command, flags->algorithm);
  command->add_option("--tpm-path", flags->tpm_path, "TPM device or socket (default /dev/tpmrm0)")
      ->type_name("PATH");
  command->add_option("--tcti", flags->tcti,
                      "TPM by TCTI instead, \"swtpm:host=127.0.0.1,port=2321\"");
  command->add_option("--event-log", flags->event_log, "Event log (default: the kernel's)")
      ->type_name("FILE");
  add_metadata_host(command, flags->metadata_host);
  command->add_option("--location", flags->location, "Region to ask (default: the VM's)");
  command
      ->add_option("--ca-file", flags->ca_file, "CA certificates for https (default: the system's)")
      ->type_name("FILE");
  command->add_option("--output", flags->output, "Write the token there, mode 0600")
      ->type_name("FILE");
  command->add_flag("--json", flags->json, "Print {\"token\",\"claims\"}");
}

void add_serve(CLI::App& app, Job& job) {
  CLI::App* command =
      app.add_subcommand("serve", "The attestation service: challenge, evidence, token");
  struct Flags : ServeOptions {
    bool dev = false, json = false;
    std::int64_t challenge_seconds = 3600, token_seconds = 3600;
  };
  auto flags = on<Flags>(command, job, [](const Flags& f, Io io) {
    auto options = static_cast<const ServeOptions&>(f);
    options.mode = service_mode(f.dev);
    options.challenge_lifetime = std::chrono::seconds(f.challenge_seconds);
    options.token_lifetime = std::chrono::seconds(f.token_seconds);
    return run_serve(options, ready_form(f.json), io);
  });
  command->add_option("--listen", flags->listen, "Address; port 0 takes a free one")
      ->capture_default_str()
      ->type_name("HOST:PORT");
  command
      ->add_option("--state", flags->state,
                   "Challenges, audit log and signing key; kept between runs")
      ->type_name("DIR");
  command
      ->add_option("--trust", flags->trust,
                   "Who may vouch for VMs: \"google\" or a file; repeatable")
      ->type_name("google|FILE")
      ->take_all();
  command
      ->add_option(
          "--trust-ak", flags->trust_ak,
          "An attestation key to trust itself, for machines without a certificate "
          "(docs/enrolment.md), or a directory of such; followed while it runs; repeatable")
      ->type_name("FILE|DIR")
      ->take_all();
  command
      ->add_option("--policy", flags->policy,
                   "What machines must be to get a token: TOML (docs/appraisal-policy.md)")
      ->type_name("FILE");
  add_revocation(command, flags->revocation);
  command
      ->add_option("--issuer", flags->issuer, "`iss` of the tokens (default: the URL listened on)")
      ->type_name("URL");
  command
      ->add_option("--location", flags->locations,
                   "A region to serve; repeatable (default: all of Google Cloud's)")
      ->take_all();
  command
      ->add_option("--challenge-lifetime", flags->challenge_seconds,
                   "How long a challenge may be used, 1 to 86400")
      ->capture_default_str()
      ->check(CLI::Range(1, 86400).description(""))
      ->type_name("SECONDS");
  command
      ->add_option("--token-lifetime", flags->token_seconds, "How long a token is good, 1 to 86400")
      ->capture_default_str()
      ->check(CLI::Range(1, 86400).description(""))
      ->type_name("SECONDS");
  add_threads(command, flags->threads);
  command->add_flag("--dev", flags->dev, "Believe emulated VMs too; their tokens say so");
  command->add_flag("--json", flags->json, "Print one line of JSON when ready");
}

void add_release_serve(CLI::App* release, Job& job) {
  CLI::App* command = release->add_subcommand("serve", "Run the secret-release service");
  struct Flags : ReleaseServeOptions {
    bool dev = false, json = false;
  };
  auto flags = on<Flags>(command, job, [](const Flags& f, Io io) {
    auto options = static_cast<const ReleaseServeOptions&>(f);
    options.mode = service_mode(f.dev);
    return run_release_serve(options, ready_form(f.json), io);
  });
  command->add_option("--listen", flags->listen, "Address; port 0 takes a free one")
      ->capture_default_str()
      ->type_name("HOST:PORT");
  command->add_option("--state", flags->state, "Secrets and audit log; kept between runs")
      ->type_name("DIR");
  command->add_option("--issuer", flags->issuers, "Whose tokens to believe; repeatable")
      ->type_name("URL")
      ->take_all();
  command->add_option("--audience", flags->audience, "The `aud` that tokens must name");
  command
      ->add_option("--policy", flags->policy,
                   "Which claims get which secret (TOML, docs/secrets-policy.md)")
      ->type_name("FILE");
  command
      ->add_option("--ca-file", flags->ca_file,
                   "CA certificates for https issuers (default: the system's)")
      ->type_name("FILE");
  add_threads(command, flags->threads);
  command->add_flag("--dev", flags->dev, "Believe tokens of emulated VMs too");
  command->add_flag("--json", flags->json, "Print one line of JSON when ready");
}

void add_release(CLI::App& app, Job& job) {
  CLI::App* release = app.add_subcommand("release", "The secret-release service and its secrets");
  release->require_subcommand(1);
  add_release_serve(release, job);

  struct Secret {
    std::filesystem::path state, input = "-";
    std::string name;
    bool json = false;
  };
  const auto add = [&](const char* name, const char* what, auto run) {
    CLI::App* command = release->add_subcommand(name, what);
    auto flags = on<Secret>(command, job, run);
    command->add_option("--state", flags->state, "The service's state directory")
        ->required()
        ->type_name("DIR");
    return std::pair(command, flags);
  };
  const auto [put, put_flags] =
      add("put", "Create or replace a secret",
          [](const Secret& f, Io io) { return run_release_put(f.state, f.name, f.input, io); });
  put->add_option("NAME", put_flags->name, "What the secret is called")->required();
  put->add_option("--input", put_flags->input, "The secret's bytes (default: standard input)")
      ->type_name("FILE");
  const auto [list, list_flags] = add("list", "Print the names", [](const Secret& f, Io io) {
    return run_release_list(f.state, ready_form(f.json), io);
  });
  list->add_flag("--json", list_flags->json, "Print one JSON object");
  const auto [remove, remove_flags] = add("remove", "Remove a secret", [](const Secret& f, Io io) {
    return run_release_remove(f.state, f.name, io);
  });
  remove->add_option("NAME", remove_flags->name, "Which secret")->required();
}

void add_quickstart(CLI::App& app, Job& job) {
  CLI::App* command =
      app.add_subcommand("quickstart", "Live through the whole story here, and see it work");
  struct Flags : QuickstartOptions {
    bool once = false, json = false;
  };
  auto flags = on<Flags>(command, job, [](const Flags& f, Io io) {
    auto options = static_cast<const QuickstartOptions&>(f);
    if (f.once) options.afterwards = QuickstartOptions::Afterwards::end;
    if (f.json) options.form = StoryForm::json;
    return run_quickstart(options, io);
  });
  command->add_flag("--once", flags->once, "End after the story; otherwise the services stay up");
  command->add_flag("--json", flags->json, "Tell it as one JSON object");
  command->add_option("--state", flags->state, "Keep what it makes there (default: removed)")
      ->type_name("DIR");
}

void add_attest(CLI::App& app, Job& job) {
  CLI::App* command =
      app.add_subcommand("attest", "Collect evidence: quotes, event log, certificate");
  struct Flags : AttestOptions {
    bool quiet = false;
  };
  auto flags = on<Flags>(command, job, [](const Flags& f, Io io) {
    auto options = static_cast<const AttestOptions&>(f);
    if (f.quiet) options.progress = AttestOptions::Progress::quiet;
    return run_attest(options, io);
  });
  command->add_option("--nonce", flags->nonce, "What the verifier asked to be quoted, in hex")
      ->type_name("HEX");
  add_attestation_key(command, flags->key);
  add_key_algorithm(command, flags->algorithm);
  command->add_option("--format", flags->format, "binarypb, textproto or json (default binarypb)")
      ->transform(choice<AttestationFormat>({{"binarypb", AttestationFormat::binarypb},
                                             {"textproto", AttestationFormat::textproto},
                                             {"json", AttestationFormat::json}}))
      ->type_name("FORMAT");
  command
      ->add_option("--output", flags->output,
                   "Write it there, whole or not at all (default: standard output)")
      ->type_name("FILE");
  command->add_option("--event-log", flags->event_log, "Event log (default: the kernel's)")
      ->type_name("FILE");
  auto* path =
      command
          ->add_option("--tpm-path", flags->tpm_path, "TPM device or socket (default /dev/tpmrm0)")
          ->type_name("PATH");
  command
      ->add_option("--tcti", flags->tcti, "TPM by TCTI instead, \"swtpm:host=127.0.0.1,port=2321\"")
      ->excludes(path);
  add_metadata_host(command, flags->metadata_host);
  command->add_flag("--quiet", flags->quiet, "No progress on stderr");
}

void add_logs(CLI::App& app, Job& job) {
  CLI::App* logs = app.add_subcommand("logs", "The audit log: what was decided, when and why");
  logs->require_subcommand(1);
  CLI::App* command =
      logs->add_subcommand("read", "Print the entries that a filter wants (docs/logs.md)");
  struct Flags : LogsReadOptions {
    bool json = false;
  };
  auto flags = on<Flags>(command, job, [](const Flags& f, Io io) {
    auto options = static_cast<const LogsReadOptions&>(f);
    if (f.json) options.format = LogFormat::json;
    return run_logs_read(options, io);
  });
  command->add_option(
      "FILTER", flags->filter,
      "In the Logging query language: 'severity>=WARNING AND jsonPayload.event:token'");
  command->add_option("--state", flags->state, "The service's state directory, or a quickstart's")
      ->required()
      ->type_name("DIR");
  command->add_option("--order", flags->order, "asc or desc (default asc)")
      ->transform(
          choice<LogOrder>({{"asc", LogOrder::oldest_first}, {"desc", LogOrder::newest_first}}))
      ->type_name("ORDER");
  command->add_option("--limit", flags->limit, "At most so many entries (default: all)")
      ->check(CLI::Range(std::size_t{1}, std::numeric_limits<std::size_t>::max()).description(""))
      ->type_name("N");
  command->add_flag("--json", flags->json, "Print one object, {\"entries\":[...]}");
}

void add_emulate(CLI::App& app, Job& job) {
  CLI::App* command =
      app.add_subcommand("emulate", "A virtual confidential VM; run any program inside it");
  struct Flags : EmulateOptions {
    std::filesystem::path bridge;
    std::string technology;
  };
  auto flags = on<Flags>(command, job, [](const Flags& f, Io io) {
    if (!f.bridge.empty()) return run_tpm_bridge(f.bridge, io);
    auto options = static_cast<const EmulateOptions&>(f);
    if (!f.technology.empty()) options.vm.technology = technology_named(f.technology);
    return run_emulate(options, io);
  });
  command
      ->add_option("--state", flags->vm.state,
                   "Keep the VM there: the next start is the same VM (default: a new one)")
      ->type_name("DIR");
  auto* boot =
      command->add_option("--boot", flags->vm.boot, "Replay the recorded boot in this folder")
          ->type_name("DIR");
  command
      ->add_option("--technology", flags->technology,
                   "Of a synthetic boot: sev, sev-es, sev-snp, tdx or none (default sev)")
      ->type_name("NAME")
      ->check(CLI::IsMember({"sev", "sev-es", "sev-snp", "tdx", "none"}).description(""))
      ->excludes(boot);
  command->add_option("--project", flags->vm.instance.project_id, "Project of a new VM")
      ->capture_default_str()
      ->type_name("NAME");
  command->add_option("--zone", flags->vm.instance.zone, "Zone of a new VM")
      ->capture_default_str()
      ->type_name("ZONE");
  command->add_option("--instance-name", flags->vm.instance.instance_name, "Name of a new VM")
      ->capture_default_str()
      ->type_name("NAME");
  command->add_option("--listen", flags->vm.listen, "Metadata server; port 0 takes a free one")
      ->capture_default_str()
      ->type_name("HOST:PORT");
  command->add_flag("--json", flags->json, "Print one line of JSON when ready; not with a COMMAND");
  command->add_option("--bridge", flags->bridge)->group("");
  command->add_option("COMMAND", flags->command, "Runs inside the VM; after --")->type_name("");
  command->positionals_at_end();
}

}  // namespace

int run_command_line(int argc, const char* const* argv, Io io) {
  CLI::App app("Remote attestation: prove what a confidential VM is, give it secrets only then.",
               "assay");
  app.require_subcommand(1);
  app.set_version_flag("--version", kVersion);
  app.formatter(std::make_shared<HelpForm>());

  Job job;
  add_quickstart(app, job);
  add_emulate(app, job);
  add_attest(app, job);
  add_token(app, job);
  add_tpm(app, job);
  add_verify(app, job);
  add_eventlog(app, job);
  add_policy(app, job);
  add_serve(app, job);
  add_release(app, job);
  add_logs(app, job);
  // Last: commands made after it would have the same.
  app.footer(kFooter);
  for (const auto& [heading, commands] : kHeadings)
    for (const char* command : commands) app.get_subcommand(command)->group(heading);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return answer_wrong_words(app, error, io);
  }
  return job(io);
}

}  // namespace assay
