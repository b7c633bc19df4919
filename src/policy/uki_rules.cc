// SPDX-License-Identifier: Apache-2.0
#include "policy/uki_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "policy/measured_kernel.h"
#include "verify/printable.h"

namespace assay {

namespace {

constexpr const char* kNoUki =
    "no unified kernel image with systemd-stub was started: start one, or take [uki] from the "
    "policy";

PolicyRule section_rule(const std::string& name, const std::vector<Digest>& allowed) {
  return {
      "policy.uki.section/" + name, PolicyArea::kernel, PolicyScope::machine,
      fmt::format("The section {} of the unified kernel image is {}.", name, one_of(show(allowed))),
      [name, allowed](const PolicySubject& subject) {
        const auto& uki = subject.machine.uki;
        if (!uki) return PolicyFinding{false, one_of(show(allowed)), "none", kNoUki};
        std::vector<Digest> found;
        for (const UkiState::Section& section : uki->sections)
          if (section.name == name) found.push_back(section.digest);
        const bool ok = found.size() == 1 &&
                        std::find(allowed.begin(), allowed.end(), found[0]) != allowed.end();
        const std::string bank = bank_hint(subject.machine.bank, allowed);
        return PolicyFinding{
            ok, one_of(show(allowed)), all_of_them(show(found)),
            bank.empty() ? "another image: if an update is wanted, list it" : bank};
      }};
}

PolicyRule no_other_rule(const std::set<std::string>& named) {
  const std::vector<std::string> names(named.begin(), named.end());
  return {
      "policy.uki.unlisted", PolicyArea::kernel, PolicyScope::machine,
      fmt::format("The unified kernel image has no other sections than {}.", all_of_them(names)),
      [named, names](const PolicySubject& subject) {
        const auto& uki = subject.machine.uki;
        if (!uki) return PolicyFinding{false, all_of_them(names), "none", kNoUki};
        std::vector<std::string> others;
        for (const UkiState::Section& section : uki->sections)
          if (!named.contains(section.name)) others.push_back(section.name);
        return PolicyFinding{others.empty(), all_of_them(names),
                             others.empty() ? "no others" : printable(all_of_them(others)),
                             "name the section in [uki.sections], with the digests it may have"};
      }};
}

constexpr std::uint32_t kConfigPcr = 12, kExtensionPcr = 13;

/// A line of PCR 12 that is the image's own .cmdline: every event there is that line (verify's
/// boot.kernel.sources), and so adds nothing.
bool repeats_own_line(const MachineState& machine) {
  const auto& by = machine.command_line_measured_by;
  return machine.kernel_command_line &&
         std::find(by.begin(), by.end(), CommandLineSource::uki) != by.end();
}

/// What was measured into a register that an image without additions leaves alone; empty if
/// nothing.
std::string additions_in(std::uint32_t pcr, const PolicySubject& subject) {
  const auto& events = subject.machine.events;
  const auto logged = std::count_if(events.begin(), events.end(), [pcr](const ReplayedEvent& e) {
    return e.pcr == pcr && e.untrusted_type != EventType::no_action;
  });
  if (logged > 0) return fmt::format("{} events in PCR {}", logged, pcr);
  if (subject.claims == nullptr) return {};
  for (const PcrValues& bank : subject.claims->pcrs) {
    const auto& value = bank.values[pcr];
    if (!value) return fmt::format("PCR {} is not quoted", pcr);
    if (*value != Digest(bank.bank)) return fmt::format("PCR {} was extended", pcr);
  }
  return {};
}

}  // namespace

PolicyRule no_grub_kernel_rule() {
  return {"policy.uki.loader", PolicyArea::kernel, PolicyScope::machine,
          "GRUB loaded no kernel, because the unified kernel image would not be what runs.",
          [](const PolicySubject& subject) {
            const bool loaded = subject.machine.grub && loads_linux(*subject.machine.grub);
            return PolicyFinding{!loaded, "no linux command of GRUB",
                                 loaded ? "a linux command of GRUB" : "none",
                                 "a machine that GRUB boots has no such image: give it rules of "
                                 "[kernel] instead"};
          }};
}

PolicyRule no_additions_rule() {
  return {"policy.uki.additions", PolicyArea::kernel, PolicyScope::machine,
          "Nothing was added to the unified kernel image: PCR 12 holds no other command line, "
          "add-on or credential, and PCR 13 no system extension.",
          [](const PolicySubject& subject) {
            std::string found = additions_in(kExtensionPcr, subject);
            if (found.empty() && !repeats_own_line(subject.machine))
              found = additions_in(kConfigPcr, subject);
            return PolicyFinding{found.empty(), "nothing in PCR 12 and 13",
                                 found.empty() ? "nothing" : found,
                                 "if it is wanted, list the values of both registers in [pcrs]"};
          }};
}

Result<std::vector<PolicyRule>> read_uki_rules(const TomlItem& item) {
  const auto keys = item.members();
  if (!keys) return pass_on(keys);
  if (keys->empty()) return item.refuse("an empty table asks nothing");
  if (keys->size() != 1 || keys->front().key() != "sections")
    return item.refuse("no such key: there is sections");
  const TomlItem& sections = keys->front();
  const auto members = sections.members();
  if (!members) return pass_on(members);
  if (members->empty()) return sections.refuse("an empty table asks nothing");
  std::vector<PolicyRule> out;
  std::set<std::string> named;
  for (const TomlItem& member : *members) {
    // A section's name has a dot of its own: all that follows "uki.sections.".
    const std::string name = member.name().substr(sections.name().size() + 1);
    if (!name.starts_with('.'))
      return member.refuse("want the name of a section, as in \".linux\"");
    const auto digests = read_digests(member);
    if (!digests) return pass_on(digests);
    out.push_back(section_rule(name, *digests));
    named.insert(name);
  }
  out.push_back(no_other_rule(named));
  return out;
}

}  // namespace assay
