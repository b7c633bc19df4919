// SPDX-License-Identifier: Apache-2.0
#include "cli/tpm_options.h"

#include <CLI/Config.hpp>
#include <map>

#include "cli/choice.h"
#include "cli/now_option.h"
#include "cli/tpm_enroll.h"
#include "cli/tpm_pubkey.h"
#include "cli/tpm_register.h"

namespace assay {
namespace {

void add_input(CLI::App* command, std::string& input, const char* what) {
  command->add_option("--input", input, std::string(what) + " (default: standard input)")
      ->type_name("FILE");
}

void add_register_format(CLI::App* command, RegisterFormat& format) {
  const std::map<std::string, RegisterFormat> names{{"binarypb", RegisterFormat::binarypb},
                                                    {"textproto", RegisterFormat::textproto}};
  command->add_option("--format", format, "Of the output: binarypb or textproto (default binarypb)")
      ->transform(choice(names))
      ->type_name("FORMAT");
}

void add_pubkey(CLI::App* tpm, Job& job) {
  CLI::App* command = tpm->add_subcommand("pubkey", "Print a public key of the TPM");
  auto flags = on<TpmPubkeyOptions>(command, job,
                                    [](const auto& f, Io io) { return run_tpm_pubkey(f, io); });
  command->add_option("HIERARCHY", flags->hierarchy, "endorsement (its EK) or owner (its SRK)")
      ->required()
      ->check(CLI::IsMember({"endorsement", "owner"}).description(""))
      ->type_name("");
  add_key_algorithm(command, flags->algorithm, "--algo", "rsa or ecc (default rsa)");
  add_key_format(command, flags->format, "pem or tpmt-public (default pem)");
  command->add_option("--output", flags->output, "Write it there (default: standard output)")
      ->type_name("FILE");
  add_tpm_address(command, flags->tpm);
}

void add_request(CLI::App* enroll, Job& job) {
  CLI::App* command =
      enroll->add_subcommand("request", "In the machine: show its endorsement and attestation key");
  auto flags = on<EnrollRequestOptions>(
      command, job, [](const auto& f, Io io) { return run_enroll_request(f, io); });
  command->add_option("--output", flags->output, "The request (default: standard output)")
      ->type_name("FILE");
  add_attestation_key(command, flags->key);
  add_key_algorithm(command, flags->algorithm);
  const std::map<std::string, KeyAlgorithm> names{{"rsa", KeyAlgorithm::rsa},
                                                  {"ecc", KeyAlgorithm::ecc}};
  command
      ->add_option_function<std::string>(
          "--ek-algo",
          [flags, names](const std::string& name) { flags->ek_algorithm = names.at(name); },
          "Endorsement key: rsa or ecc (default: one that has a certificate)")
      ->check(CLI::IsMember({"rsa", "ecc"}).description(""))
      ->type_name("ALGORITHM");
  add_tpm_address(command, flags->tpm);
}

void add_challenge(CLI::App* enroll, Job& job) {
  CLI::App* command = enroll->add_subcommand(
      "challenge", "At the verifier: judge a request, and make what its TPM alone can answer");
  struct Flags : EnrollChallengeOptions {
    bool dev = false;
  };
  auto flags = on<Flags>(command, job, [](const Flags& f, Io io) {
    auto options = static_cast<const EnrollChallengeOptions&>(f);
    if (f.dev) options.mode = ServiceMode::development;
    return run_enroll_challenge(options, io);
  });
  add_input(command, flags->input, "Request");
  auto* trust = command
                    ->add_option("--trust", flags->trust,
                                 "Who may vouch for endorsement keys: \"google\", or a file of the "
                                 "TPM makers' CA certificates; repeatable.  Nobody by default")
                    ->type_name("google|FILE")
                    ->take_all();
  command
      ->add_option("--trust-ek", flags->trust_ek,
                   "An endorsement key to trust itself, instead of --trust: PEM, TPMT_PUBLIC or "
                   "TPM2B_PUBLIC; repeatable")
      ->type_name("FILE")
      ->take_all()
      ->excludes(trust);
  command
      ->add_option("--intermediates", flags->intermediates,
                   "CA certificates between the TPM's and --trust, PEM; repeatable")
      ->type_name("FILE")
      ->take_all();
  command->add_option("--output", flags->output, "The challenge, for the machine")
      ->required()
      ->type_name("FILE");
  command
      ->add_option("--pending", flags->pending,
                   "What to keep for `accept`: where nobody else may write")
      ->required()
      ->type_name("FILE");
  command->add_option("--lifetime", flags->lifetime_seconds, "How long an answer is taken")
      ->capture_default_str()
      ->check(CLI::Range(1, 2'592'000).description(""))
      ->type_name("SECONDS");
  add_revocation(command, flags->revocation);
  add_now(command, flags->now);
  command->add_flag("--dev", flags->dev, "Enroll emulated machines too");
  command->add_flag("--json", flags->json, "Print the verdict as one JSON object");
}

void add_answer(CLI::App* enroll, Job& job) {
  CLI::App* command =
      enroll->add_subcommand("answer", "In the machine: have the TPM answer a challenge");
  auto flags = on<EnrollAnswerOptions>(
      command, job, [](const auto& f, Io io) { return run_enroll_answer(f, io); });
  add_input(command, flags->input, "Challenge");
  command->add_option("--output", flags->output, "The answer, mode 0600")
      ->required()
      ->type_name("FILE");
  add_tpm_address(command, flags->tpm);
}

void add_accept(CLI::App* enroll, Job& job) {
  CLI::App* command = enroll->add_subcommand(
      "accept", "At the verifier: judge the answer, once, and write the key for --trust-ak");
  auto flags = on<EnrollAcceptOptions>(
      command, job, [](const auto& f, Io io) { return run_enroll_accept(f, io); });
  add_input(command, flags->input, "Answer");
  command
      ->add_option("--pending", flags->pending,
                   "What `challenge` kept; removed, since a challenge serves one answer")
      ->required()
      ->type_name("FILE");
  command->add_option("--output", flags->output, "The attestation key, for --trust-ak")
      ->required()
      ->type_name("FILE");
  const std::map<std::string, std::optional<PublicKeyFormat>> formats{
      {"json", std::nullopt},
      {"tpmt-public", PublicKeyFormat::tpmt_public},
      {"pem", PublicKeyFormat::pem}};
  command
      ->add_option_function<std::string>(
          "--key-format",
          [flags, formats](const std::string& name) { flags->key_format = formats.at(name); },
          "Of the key: json, which says where it came from; tpmt-public or pem for other tools "
          "(default json)")
      ->check(CLI::IsMember({"json", "tpmt-public", "pem"}).description(""))
      ->type_name("FORMAT");
  add_now(command, flags->now);
  command->add_flag("--json", flags->json, "Print the verdict as one JSON object");
}

void add_enroll(CLI::App* tpm, Job& job) {
  CLI::App* enroll = tpm->add_subcommand(
      "enroll", "Make an attestation key known without a certificate (docs/enrolment.md)");
  enroll->require_subcommand(1);
  add_request(enroll, job);
  add_challenge(enroll, job);
  add_answer(enroll, job);
  add_accept(enroll, job);
}

void add_create(CLI::App* reg, Job& job) {
  CLI::App* command = reg->add_subcommand(
      "create-challenge", "At the verifier: a challenge for the TPM with this endorsement key");
  auto flags = on<RegisterCreateOptions>(
      command, job, [](const auto& f, Io io) { return run_register_create(f, io); });
  add_input(command, flags->input, "Endorsement key, TPMT_PUBLIC or TPM2B_PUBLIC");
  command->add_option("--output", flags->output, "The challenge (default: standard output)")
      ->type_name("FILE");
  command
      ->add_option("--secret-output", flags->secret_output,
                   "The secret for verify-challenge, mode 0600; not for the machine")
      ->required()
      ->type_name("FILE");
  add_register_format(command, flags->format);
}

void add_solve(CLI::App* reg, Job& job) {
  CLI::App* command = reg->add_subcommand(
      "solve-challenge", "In the machine: certify the attestation key with the challenge's key");
  auto flags = on<RegisterSolveOptions>(
      command, job, [](const auto& f, Io io) { return run_register_solve(f, io); });
  add_input(command, flags->input, "Challenge");
  command->add_option("--output", flags->output, "The answer (default: standard output)")
      ->type_name("FILE");
  add_register_format(command, flags->format);
  add_attestation_key(command, flags->key);
  add_key_algorithm(command, flags->algorithm);
  add_tpm_address(command, flags->tpm);
}

void add_verify(CLI::App* reg, Job& job) {
  CLI::App* command =
      reg->add_subcommand("verify-challenge", "At the verifier: did that TPM certify the key?");
  auto flags = on<RegisterVerifyOptions>(
      command, job, [](const auto& f, Io io) { return run_register_verify(f, io); });
  add_input(command, flags->input, "Answer");
  command->add_option("--secret-input", flags->secret_input, "What --secret-output wrote")
      ->required()
      ->type_name("FILE");
  command
      ->add_option("--output", flags->output,
                   "The attestation key, for --trust-ak, if it is accepted")
      ->type_name("FILE");
  command->add_flag("--allow-software-key", flags->allow_software_key,
                    "Write it though root of the machine can have made it in software");
  add_key_format(command, flags->key_format,
                 "Of the key: tpmt-public or pem (default tpmt-public, which --trust-ak holds the "
                 "evidence against whole)");
  command->add_flag("--json", flags->json, "Print the verdict as one JSON object");
}

void add_register(CLI::App* tpm, Job& job) {
  CLI::App* reg =
      tpm->add_subcommand("register", "The same in gotpm's messages: a challenge by import");
  reg->require_subcommand(1);
  add_create(reg, job);
  add_solve(reg, job);
  add_verify(reg, job);
}

}  // namespace

void add_tpm(CLI::App& app, Job& job) {
  CLI::App* tpm = app.add_subcommand("tpm", "Keys of a TPM, and how a verifier comes to know them");
  tpm->require_subcommand(1);
  add_pubkey(tpm, job);
  add_enroll(tpm, job);
  add_register(tpm, job);
}

}  // namespace assay
