// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "policy/command_line_tokens.h"
#include "policy/measured_kernel.h"
#include "policy/policy_rule.h"
#include "verify/printable.h"

namespace assay {

namespace {

bool listed(const std::vector<Digest>& allowed, const Digest& digest) {
  return std::find(allowed.begin(), allowed.end(), digest) != allowed.end();
}

constexpr const char* kNoApplications =
    "the log does not show ExitBootServices, so what was started is not known";

std::string hint_or(const std::string& hint, std::string_view otherwise) {
  return hint.empty() ? std::string(otherwise) : hint;
}

/// Whether one of some lists is exactly what was started.
Result<PolicyRule> applications_exactly(const TomlItem& item) {
  const auto elements = item.elements();
  if (!elements) return pass_on(elements);
  std::vector<std::vector<Digest>> allowed;
  for (const TomlItem& element : *elements) {
    auto list = read_digests(element);
    if (!list) return pass_on(list);
    allowed.push_back(std::move(*list));
  }
  std::vector<std::string> words;
  for (const auto& list : allowed) words.push_back("[" + all_of_them(show(list)) + "]");
  return PolicyRule{
      "policy.applications.exactly", PolicyArea::applications, PolicyScope::machine,
      fmt::format("The firmware started exactly these programs, in this order: {}.", one_of(words)),
      [allowed, words](const PolicySubject& subject) {
        const auto& efi = subject.machine.efi;
        if (!efi) return PolicyFinding{false, one_of(words), "not known", kNoApplications};
        const bool ok = !efi->applications.empty() && std::find(allowed.begin(), allowed.end(),
                                                                efi->applications) != allowed.end();
        std::vector<Digest> all;
        for (const auto& list : allowed) all.insert(all.end(), list.begin(), list.end());
        return PolicyFinding{ok, one_of(words), "[" + all_of_them(show(efi->applications)) + "]",
                             hint_or(bank_hint(subject.machine.bank, all),
                                     "another boot loader or kernel was started: if an update "
                                     "is wanted, list it")};
      }};
}

/// What a rule about digests is about.
struct DigestWords {
  std::string_view id;
  PolicyArea area;
  std::string_view subject;  ///< of the rule's sentence
  std::string_view none;     ///< why there may be none
  /// Those of a state; nothing where it is not known.
  std::optional<std::vector<Digest>> (*of)(const MachineState&);
  enum class Absence { fails, holds } absence = Absence::fails;  ///< where there are none
};

/// Every digest is listed.
Result<PolicyRule> within(const TomlItem& item, const DigestWords& words) {
  const auto allowed = read_digests(item);
  if (!allowed) return pass_on(allowed);
  return PolicyRule{
      std::string(words.id), words.area, PolicyScope::machine,
      fmt::format("{} is {}.", words.subject, one_of(show(*allowed))),
      [allowed = *allowed, words](const PolicySubject& subject) {
        const auto found = words.of(subject.machine);
        if (!found || (found->empty() && words.absence == DigestWords::Absence::fails))
          return PolicyFinding{false, one_of(show(allowed)), "none known", std::string(words.none)};
        std::vector<Digest> foreign;
        for (const Digest& digest : *found)
          if (!listed(allowed, digest)) foreign.push_back(digest);
        return PolicyFinding{
            foreign.empty(), one_of(show(allowed)),
            foreign.empty() ? all_of_them(show(*found)) : "also " + all_of_them(show(foreign)),
            hint_or(bank_hint(subject.machine.bank, allowed),
                    "it is not on the list: if an update is wanted, add it")};
      }};
}

Result<PolicyRule> applications_within(const TomlItem& item) {
  return within(
      item, {"policy.applications.within", PolicyArea::applications,
             "Each program that the firmware started", kNoApplications, [](const MachineState& m) {
               return m.efi ? std::optional(m.efi->applications) : std::nullopt;
             }});
}

Result<PolicyRule> drivers_within(const TomlItem& item) {
  return within(item, {"policy.drivers.within", PolicyArea::drivers,
                       "Each driver that the firmware loaded", kNoApplications,
                       [](const MachineState& m) -> std::optional<std::vector<Digest>> {
                         if (!m.efi) return std::nullopt;
                         std::vector<Digest> out = m.efi->boot_services_drivers;
                         out.insert(out.end(), m.efi->runtime_services_drivers.begin(),
                                    m.efi->runtime_services_drivers.end());
                         return out;
                       },
                       DigestWords::Absence::holds});
}

Result<PolicyRule> grub_files_within(const TomlItem& item) {
  return within(item, {"policy.kernel.grub_files", PolicyArea::kernel, "Each file that GRUB read",
                       "GRUB measured no files",
                       [](const MachineState& m) -> std::optional<std::vector<Digest>> {
                         if (!m.grub) return std::nullopt;
                         std::vector<Digest> out;
                         for (const GrubState::File& file : m.grub->files)
                           out.push_back(file.digest);
                         // A file may be relabelled as what Linux' stub measures.
                         const auto disks = m.possible_initrds();
                         out.insert(out.end(), disks.begin(), disks.end());
                         return out;
                       }});
}

Result<PolicyRule> initrds_within(const TomlItem& item) {
  return within(item, {"policy.kernel.initrds", PolicyArea::kernel, "Each initial RAM disk",
                       "the kernel's stub measured none: one that GRUB read is a file of it, which "
                       "kernel.grub_files_within lists",
                       [](const MachineState& m) { return std::optional(m.possible_initrds()); }});
}

Result<PolicyRule> kernels_within(const TomlItem& item) {
  return within(item,
                {"policy.kernel.kernels", PolicyArea::kernel, "The kernel",
                 "the boot does not say which image or file its kernel was", measured_kernel});
}

}  // namespace

PolicyRule no_grub_files_rule() {
  return {"policy.kernel.grub_files", PolicyArea::kernel, PolicyScope::machine,
          "GRUB read no files, because a kernel or an initial RAM disk could hide among them.",
          [](const PolicySubject& subject) {
            const auto& grub = subject.machine.grub;
            const std::size_t files = grub ? grub->files.size() : 0;
            return PolicyFinding{files == 0, "no files of GRUB", fmt::format("{} files", files),
                                 "list them in kernel.grub_files_within: only together do the "
                                 "lists say which kernel and initial RAM disk were loaded"};
          }};
}

namespace {

constexpr const char* kNoCommandLine =
    "neither GRUB nor the kernel's stub measured a command line that can be trusted";

Result<PolicyRule> command_lines(const TomlItem& item) {
  const auto allowed = item.texts();
  if (!allowed) return pass_on(allowed);
  return PolicyRule{
      "policy.kernel.command_line", PolicyArea::kernel, PolicyScope::machine,
      fmt::format("The kernel's command line is exactly: {}.", one_of(*allowed)),
      [allowed = *allowed](const PolicySubject& subject) {
        const auto& found = subject.machine.kernel_command_line;
        if (!found) return PolicyFinding{false, one_of(allowed), "none measured", kNoCommandLine};
        return PolicyFinding{std::find(allowed.begin(), allowed.end(), *found) != allowed.end(),
                             one_of(allowed), printable(*found),
                             "the command line changed: if that is wanted, list it"};
      }};
}

/// Parameters as must and must_not name them: none that every line has, or that no line can have.
Result<std::vector<std::string>> read_parameters(const TomlItem& item) {
  auto parameters = item.texts();
  if (!parameters) return parameters;
  if (parameters->empty()) return item.refuse("an empty list asks nothing");
  for (const std::string& p : *parameters) {
    const auto tokens = command_line_tokens(p);
    if (tokens.size() != 1 || tokens[0].empty() || tokens[0] == "*")
      return item.refuse(fmt::format("\"{}\": want one parameter of the kernel", p));
  }
  return parameters;
}

Result<PolicyRule> must(const TomlItem& item) {
  const auto wanted = read_parameters(item);
  if (!wanted) return pass_on(wanted);
  return PolicyRule{
      "policy.kernel.must", PolicyArea::kernel, PolicyScope::machine,
      fmt::format("The kernel's command line has {}.", all_of_them(*wanted)),
      [wanted = *wanted](const PolicySubject& subject) {
        const auto& line = subject.machine.kernel_command_line;
        if (!line)
          return PolicyFinding{false, all_of_them(wanted), "none measured", kNoCommandLine};
        std::vector<std::string> missing;
        for (const std::string& token : wanted)
          if (!is_printable(*line) || !sets(*line, token)) missing.push_back(token);
        return PolicyFinding{missing.empty(), all_of_them(wanted),
                             missing.empty() ? "all of them" : "missing: " + all_of_them(missing),
                             "add it to the kernel's command line (GRUB_CMDLINE_LINUX)"};
      }};
}

Result<PolicyRule> must_not(const TomlItem& item) {
  const auto banned = read_parameters(item);
  if (!banned) return pass_on(banned);
  return PolicyRule{"policy.kernel.must_not", PolicyArea::kernel, PolicyScope::machine,
                    fmt::format("The kernel's command line has none of {}.", all_of_them(*banned)),
                    [banned = *banned](const PolicySubject& subject) {
                      const auto& line = subject.machine.kernel_command_line;
                      if (!line)
                        return PolicyFinding{false, "none of " + all_of_them(banned),
                                             "none measured", kNoCommandLine};
                      std::vector<std::string> found;
                      for (const std::string& token : banned)
                        if (mentions(*line, token)) found.push_back(token);
                      if (!is_printable(*line))
                        found.emplace_back("bytes that are not plain ASCII");
                      return PolicyFinding{
                          found.empty(), "none of " + all_of_them(banned),
                          found.empty() ? "none of them" : all_of_them(found),
                          "take it from the kernel's command line (GRUB_CMDLINE_LINUX)"};
                    }};
}

}  // namespace

const PolicySection& application_rules() {
  static const PolicySection kSection{
      "applications", {{"exactly", applications_exactly}, {"within", applications_within}}};
  return kSection;
}

const PolicySection& driver_rules() {
  static const PolicySection kSection{"drivers", {{"within", drivers_within}}};
  return kSection;
}

const PolicySection& kernel_rules() {
  static const PolicySection kSection{"kernel",
                                      {{"command_lines", command_lines},
                                       {"must", must},
                                       {"must_not", must_not},
                                       {"kernels_within", kernels_within},
                                       {"grub_files_within", grub_files_within},
                                       {"initrds_within", initrds_within}}};
  return kSection;
}

}  // namespace assay
