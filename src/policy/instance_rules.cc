// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "policy/policy_rule.h"
#include "verify/printable.h"

namespace assay {

namespace {

struct InstanceWords {
  std::string_view id;
  std::string_view subject;
  std::string (*of)(const GceInstance&);
};

Result<PolicyRule> matching(const TomlItem& item, const InstanceWords& words) {
  const auto allowed = item.texts();
  if (!allowed) return pass_on(allowed);
  return PolicyRule{
      std::string(words.id), PolicyArea::instance, PolicyScope::attestation,
      fmt::format("{} is {}.", words.subject, one_of(*allowed)),
      [allowed = *allowed, of = words.of](const PolicySubject& subject) {
        const auto& instance = subject.claims->instance;
        if (!instance)
          return PolicyFinding{false, one_of(allowed), "not known",
                               "the AK certificate names no instance: use Google's AK "
                               "(gotpm attest --key gceAK)"};
        const std::string found = of(*instance);
        const bool ok = std::any_of(allowed.begin(), allowed.end(), [&](const std::string& p) {
          return matches_pattern(p, found);
        });
        return PolicyFinding{ok, one_of(allowed), printable(found),
                             "another machine than the policy is for"};
      }};
}

Result<PolicyRule> projects(const TomlItem& item) {
  return matching(item, {"policy.instance.project", "The VM's project",
                         [](const GceInstance& i) { return i.project_id; }});
}
Result<PolicyRule> zones(const TomlItem& item) {
  return matching(
      item, {"policy.instance.zone", "The VM's zone", [](const GceInstance& i) { return i.zone; }});
}
Result<PolicyRule> names(const TomlItem& item) {
  return matching(item, {"policy.instance.name", "The VM's name",
                         [](const GceInstance& i) { return i.instance_name; }});
}

Result<PolicyRule> production(const TomlItem& item) {
  const auto wanted = item.boolean();
  if (!wanted) return pass_on(wanted);
  if (!*wanted) return item.refuse("leave the key out if an emulated instance may pass");
  return PolicyRule{
      "policy.instance.production", PolicyArea::evidence, PolicyScope::attestation,
      "The VM is a production instance, by its AK certificate.", [](const PolicySubject& subject) {
        // Authentic claims with isProduction false do not exist (ak.instance.production); only an
        // emulator's certificate may leave it out.
        const bool emulated = subject.claims->provenance == Provenance::emulated;
        const bool known = subject.claims->instance.has_value();
        return PolicyFinding{known && !emulated, "a production instance",
                             emulated ? "an emulated one"
                             : known  ? "a production instance"
                                      : "not known",
                             "a production instance has an AK certificate of Google's CA"};
      }};
}

Result<PolicyRule> counter(const TomlItem& item, std::string_view id, std::string_view words,
                           std::uint32_t TpmClock::* of) {
  const auto maximum = item.integer(0);
  if (!maximum) return pass_on(maximum);
  return PolicyRule{std::string(id), PolicyArea::tpm, PolicyScope::attestation,
                    fmt::format("The TPM {} at most {} times.", words, *maximum),
                    [maximum = *maximum, of](const PolicySubject& subject) {
                      const std::uint32_t found = subject.claims->clock.*of;
                      return PolicyFinding{
                          found <= maximum, fmt::format("at most {}", maximum),
                          fmt::format("{}", found),
                          "the machine is older than the policy allows: replace it"};
                    }};
}

Result<PolicyRule> maximum_reset_count(const TomlItem& item) {
  return counter(item, "policy.tpm.resets", "was reset", &TpmClock::reset_count);
}
Result<PolicyRule> maximum_restart_count(const TomlItem& item) {
  return counter(item, "policy.tpm.restarts", "was restarted or resumed", &TpmClock::restart_count);
}

/// The clock counts while the TPM has power, from its making or last clear on.  After a disorderly
/// shutdown it may be behind by what it saves only now and then; TPM 2.0 Part 1, 36.3.
Result<PolicyRule> maximum_clock_hours(const TomlItem& item) {
  const auto hours = item.integer(1);
  if (!hours) return pass_on(hours);
  if (*hours > 1'000'000) return item.refuse("want at most 1000000");
  return PolicyRule{
      "policy.tpm.age", PolicyArea::tpm, PolicyScope::attestation,
      fmt::format("The TPM ran for at most {} hours in all.", *hours),
      [maximum = static_cast<std::uint64_t>(*hours)](const PolicySubject& subject) {
        constexpr std::uint64_t kHour = 3'600'000;
        constexpr std::uint64_t kSaved = std::uint64_t{1} << 22;
        const TpmClock& clock = subject.claims->clock;
        const std::uint64_t behind = clock.safe ? 0 : kSaved;
        return PolicyFinding{
            clock.clock_ms <= maximum * kHour - std::min(behind, maximum * kHour),
            fmt::format("at most {} hours", maximum),
            fmt::format("{:.1f} hours{}", static_cast<double>(clock.clock_ms) / double{kHour},
                        clock.safe ? "" : ", perhaps 1.2 more"),
            "the machine is older than the policy allows: replace it"};
      }};
}

}  // namespace

const PolicySection& instance_rules() {
  static const PolicySection kSection{
      "instance",
      {{"projects", projects}, {"zones", zones}, {"names", names}, {"production", production}}};
  return kSection;
}

const PolicySection& tpm_rules() {
  static const PolicySection kSection{"tpm",
                                      {{"maximum_reset_count", maximum_reset_count},
                                       {"maximum_restart_count", maximum_restart_count},
                                       {"maximum_clock_hours", maximum_clock_hours}}};
  return kSection;
}

}  // namespace assay
