// SPDX-License-Identifier: Apache-2.0
#include "cli/enrolled_verdict.h"

#include <fmt/format.h>

#include "cli/tpm_file.h"
#include "cli/verdict.h"
#include "host/file.h"
#include "verify/printable.h"

namespace assay {
namespace {

json::object verdict_object(const Verdict& verdict) {
  return {{"verdict", verdict.accepted() ? "accepted" : "rejected"},
          {"checks", to_json(verdict.checks())}};
}

json::object instance_object(const GceInstance& instance) {
  return {{"project_id", instance.project_id},
          {"zone", instance.zone},
          {"instance_name", instance.instance_name},
          {"instance_id", std::to_string(instance.instance_id)}};
}

void print_line(std::string_view label, std::string_view value, Io io) {
  io.out << fmt::format("  {:15}  {}\n", label, printable(value));
}

void print_emulated(Provenance provenance, Io io) {
  if (provenance == Provenance::emulated)
    print_line("emulated", "this proves nothing about hardware", io);
}

void print_enrolled(const EnrolledKeyOutcome& outcome, std::string_view machine, Io io) {
  print_verdict(outcome.verdict, ShownChecks::all, io);
  if (!outcome.key) return;
  const EnrolledKey& enrolled = **outcome.key;
  io.out << "\n";
  print_emulated(enrolled.provenance, io);
  print_line("attestation key",
             fmt::format("{} ({})", enrolled.key.fingerprint(), enrolled.key.describe()), io);
  if (!machine.empty()) print_line("in the TPM of", machine, io);
}

json::object enrolled_json(const EnrolledKeyOutcome& outcome) {
  json::object out = verdict_object(outcome.verdict);
  if (!outcome.key) return out;
  const EnrolledKey& enrolled = **outcome.key;
  out["key"] = json::object{{"ak_fingerprint", enrolled.key.fingerprint()},
                            {"provenance", name_of(enrolled.provenance)}};
  return out;
}

}  // namespace

void print_request(const EnrolmentRequestOutcome& outcome, Io io) {
  print_verdict(outcome.verdict, ShownChecks::all, io);
  if (!outcome.enrollee) return;
  const Enrollee& enrollee = **outcome.enrollee;
  io.out << "\n";
  print_emulated(enrollee.ek.provenance, io);
  print_line("endorsement key", enrollee.ek.fingerprint, io);
  print_line("vouched for by", enrollee.ek.voucher, io);
  if (const auto& instance = enrollee.ek.instance)
    print_line("instance",
               fmt::format("{} ({}) in {}, project {}", instance->instance_name,
                           instance->instance_id, instance->zone, instance->project_id),
               io);
  print_line("attestation key", enrollee.ak_fingerprint + " (claimed until it answers)", io);
}

json::object request_json(const EnrolmentRequestOutcome& outcome) {
  json::object out = verdict_object(outcome.verdict);
  if (!outcome.enrollee) return out;
  const Enrollee& enrollee = **outcome.enrollee;
  json::object said{{"ek_fingerprint", enrollee.ek.fingerprint},
                    {"ek_voucher", enrollee.ek.voucher},
                    {"provenance", name_of(enrollee.ek.provenance)},
                    {"ak_fingerprint", enrollee.ak_fingerprint}};
  if (enrollee.ek.instance) said["instance"] = instance_object(*enrollee.ek.instance);
  out["enrollee"] = std::move(said);
  return out;
}

int conclude(const EnrolledKeyOutcome& outcome, const EnrolledKeyOutput& output, Io io) {
  if (outcome.key && !output.file.empty()) {
    const Status written =
        write_output(output.file, output.content(**outcome.key), FileAccess::everybody, io);
    if (!written) return explain(io, written.error());
  }
  const Io beside_it = beside(output.file, io);
  if (output.form == VerdictForm::json)
    beside_it.out << pretty_json(enrolled_json(outcome));
  else
    print_enrolled(outcome, output.machine, beside_it);
  return outcome.key ? kAccepted : kRejected;
}

}  // namespace assay
