// SPDX-License-Identifier: Apache-2.0
#include "policy/gotpm_policy.h"

#include <fmt/format.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>
#include <proto/policy.pb.h>

#include <algorithm>

#include "base/hex.h"
#include "policy/evidence_rules.h"

namespace assay {

namespace {

constexpr std::size_t kMaxPolicy = 1024 * 1024;

/// Keeps the first thing that the library says is wrong.
class FirstError final : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (text.empty()) text = fmt::format("{}:{}: {}", line + 1, column + 1, message);
  }
  std::string text;
};

PolicyRule scrtm_rule(const attest::PlatformPolicy& platform) {
  std::vector<std::string> allowed;
  for (const std::string& id : platform.allowed_scrtm_version_ids())
    allowed.push_back(hex(as_bytes(id)));
  return {"policy.platform.scrtm", PolicyArea::platform, PolicyScope::machine,
          fmt::format("The firmware's version (S-CRTM) is {}.", one_of(allowed)),
          [allowed](const PolicySubject& subject) {
            const std::string found = hex(subject.machine.platform.scrtm_version);
            return PolicyFinding{
                std::find(allowed.begin(), allowed.end(), found) != allowed.end(), one_of(allowed),
                found.empty() ? "none measured" : found,
                "the firmware changed: if that is wanted, add it to allowed_scrtm_version_ids"};
          }};
}

/// Firmware that is not Google's counts as version 0.
PolicyRule firmware_rule(std::uint32_t minimum) {
  return {"policy.platform.firmware", PolicyArea::platform, PolicyScope::machine,
          fmt::format("The firmware is Google's, version {} or newer.", minimum),
          [minimum](const PolicySubject& subject) {
            const std::uint32_t found = subject.machine.platform.gce_firmware_version.value_or(0);
            return PolicyFinding{found >= minimum,
                                 fmt::format("GCE Virtual Firmware v{} or newer", minimum),
                                 fmt::format("v{}", found),
                                 "stop and start the VM: it gets the newest firmware then"};
          }};
}

PolicyRule technology_rule(int minimum) {
  const auto name = name_of(static_cast<ConfidentialTechnology>(minimum));
  return {"policy.platform.technology", PolicyArea::platform, PolicyScope::machine,
          fmt::format("The machine is protected by {} or a technology with a higher number.", name),
          [minimum, name](const PolicySubject& subject) {
            const ConfidentialTechnology found = subject.machine.platform.technology;
            return PolicyFinding{static_cast<int>(found) >= minimum,
                                 fmt::format("{} ({}) or higher", name, minimum),
                                 fmt::format("{} ({})", name_of(found), static_cast<int>(found)),
                                 "create the VM with that confidential computing type"};
          }};
}

}  // namespace

Result<AppraisalPolicy> parse_gotpm_policy(std::string_view where, std::string_view text) {
  if (text.size() > kMaxPolicy)
    return fail(Fault::malformed, std::string(where), "a policy is at most 1 MiB");
  attest::Policy message;
  google::protobuf::TextFormat::Parser parser;
  FirstError errors;
  parser.RecordErrorsTo(&errors);
  parser.SetRecursionLimit(16);
  if (!parser.ParseFromString(std::string(text), &message))
    return fail(Fault::malformed, std::string(where), errors.text);
  if (message.has_sev_snp())
    return fail(Fault::malformed, std::string(where),
                "sev_snp: nobody judges this field yet, so a policy must not rest on it");
  const attest::PlatformPolicy& platform = message.platform();
  std::vector<PolicyRule> rules = evidence_rules_of_other_policies();
  if (platform.allowed_scrtm_version_ids_size() > 0) rules.push_back(scrtm_rule(platform));
  rules.push_back(firmware_rule(platform.minimum_gce_firmware_version()));
  rules.push_back(technology_rule(platform.minimum_technology()));
  return AppraisalPolicy(std::move(rules),
                         {PolicyArea::secure_boot, PolicyArea::applications, PolicyArea::kernel,
                          PolicyArea::instance, PolicyArea::drivers, PolicyArea::container});
}

}  // namespace assay
