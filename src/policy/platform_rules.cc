// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/hex.h"
#include "policy/policy_rule.h"

namespace assay {

namespace {

/// Those that protect at least as much.  SEV-SNP and TDX both keep the host from changing memory;
/// neither is the other.
std::vector<ConfidentialTechnology> at_least(ConfidentialTechnology minimum) {
  using enum ConfidentialTechnology;
  switch (minimum) {
    case none:
      return {none, amd_sev, amd_sev_es, amd_sev_snp, intel_tdx};
    case amd_sev:
      return {amd_sev, amd_sev_es, amd_sev_snp, intel_tdx};
    case amd_sev_es:
      return {amd_sev_es, amd_sev_snp, intel_tdx};
    case amd_sev_snp:
    case intel_tdx:
      break;
  }
  return {minimum};
}

std::string protection_words(ConfidentialTechnology technology) {
  return technology == ConfidentialTechnology::none ? "no protection by the CPU"
                                                    : std::string(words_for(technology));
}

Result<ConfidentialTechnology> read_technology(const TomlItem& item) {
  const auto text = item.text();
  if (!text) return pass_on(text);
  if (const auto technology = technology_named(*text)) return *technology;
  return item.refuse(
      fmt::format("\"{}\": want \"none\", \"sev\", \"sev-es\", \"sev-snp\" or \"tdx\"", *text));
}

bool contains(const std::vector<ConfidentialTechnology>& list, ConfidentialTechnology technology) {
  return std::find(list.begin(), list.end(), technology) != list.end();
}

constexpr const char* kTechnologyHint =
    "create the VM with that confidential computing type (--confidential-compute-type), on a "
    "machine type that has it";

Result<PolicyRule> minimum_technology(const TomlItem& item) {
  const auto wanted = read_technology(item);
  if (!wanted) return pass_on(wanted);
  const std::string minimum = fmt::format("{} or better", protection_words(*wanted));
  return PolicyRule{"policy.platform.technology", PolicyArea::platform, PolicyScope::machine,
                    fmt::format("The machine is protected by {}.", minimum),
                    [enough = at_least(*wanted), minimum](const PolicySubject& subject) {
                      const ConfidentialTechnology found = subject.machine.platform.technology;
                      return PolicyFinding{contains(enough, found), minimum,
                                           std::string(name_of(found)), kTechnologyHint};
                    }};
}

Result<PolicyRule> allowed_technologies(const TomlItem& item) {
  const auto elements = item.elements();
  if (!elements) return pass_on(elements);
  std::vector<ConfidentialTechnology> allowed;
  std::vector<std::string> words;
  for (const TomlItem& element : *elements) {
    const auto one = read_technology(element);
    if (!one) return pass_on(one);
    allowed.push_back(*one);
    words.push_back(protection_words(*one));
  }
  return PolicyRule{"policy.platform.technologies", PolicyArea::platform, PolicyScope::machine,
                    fmt::format("The machine is protected by {}.", one_of(words)),
                    [allowed, words](const PolicySubject& subject) {
                      const ConfidentialTechnology found = subject.machine.platform.technology;
                      return PolicyFinding{contains(allowed, found), one_of(words),
                                           std::string(name_of(found)), kTechnologyHint};
                    }};
}

Result<PolicyRule> minimum_firmware_version(const TomlItem& item) {
  const auto minimum = item.integer(0);
  if (!minimum) return pass_on(minimum);
  return PolicyRule{"policy.platform.firmware", PolicyArea::platform, PolicyScope::machine,
                    fmt::format("The firmware is Google's, version {} or newer.", *minimum),
                    [minimum = *minimum](const PolicySubject& subject) {
                      const auto& found = subject.machine.platform.gce_firmware_version;
                      return PolicyFinding{
                          found && *found >= minimum,
                          fmt::format("GCE Virtual Firmware v{} or newer", minimum),
                          found ? fmt::format("v{}", *found) : "not Google's firmware",
                          found ? "stop and start the VM: it gets the newest firmware then"
                                : "only Google's VMs have this firmware: for other machines name "
                                  "theirs in platform.scrtm_versions"};
                    }};
}

Result<PolicyRule> scrtm_versions(const TomlItem& item) {
  const auto elements = item.elements();
  if (!elements) return pass_on(elements);
  std::vector<std::string> allowed;
  for (const TomlItem& element : *elements) {
    const auto text = element.text();
    if (!text) return pass_on(text);
    const auto bytes = parse_hex(element.name(), *text);
    if (!bytes) return element.refuse(fmt::format("\"{}\": {}", *text, bytes.error().why));
    allowed.push_back(hex(*bytes));
  }
  return PolicyRule{
      "policy.platform.scrtm", PolicyArea::platform, PolicyScope::machine,
      fmt::format("The firmware's version (S-CRTM) is {}.", one_of(allowed)),
      [allowed](const PolicySubject& subject) {
        const std::string found = hex(subject.machine.platform.scrtm_version);
        const bool known =
            !found.empty() && std::find(allowed.begin(), allowed.end(), found) != allowed.end();
        return PolicyFinding{known, one_of(allowed), found.empty() ? "none measured" : found,
                             "the firmware changed: if that is wanted, list it"};
      }};
}

}  // namespace

const PolicySection& platform_rules() {
  static const PolicySection kSection{"platform",
                                      {{"minimum_technology", minimum_technology},
                                       {"technologies", allowed_technologies},
                                       {"minimum_firmware_version", minimum_firmware_version},
                                       {"scrtm_versions", scrtm_versions}}};
  return kSection;
}

}  // namespace assay
