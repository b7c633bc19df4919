// SPDX-License-Identifier: Apache-2.0
#include "policy/appraisal_policy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "policy/claim_types.h"
#include "policy/evidence_rules.h"
#include "policy/uki_rules.h"

namespace assay {

namespace {

constexpr std::size_t kMaxPolicy = 1024 * 1024;
constexpr std::size_t kMaxConditions = 256;

const std::vector<const PolicySection*>& sections() {
  static const std::vector<const PolicySection*> kSections = {
      &platform_rules(), &secure_boot_rules(), &application_rules(), &driver_rules(),
      &kernel_rules(),   &container_rules(),   &instance_rules(),    &tpm_rules()};
  return kSections;
}

/// A policy without a rule about one of these says nothing about what it lets in.
constexpr PolicyArea kNeeded[] = {PolicyArea::platform, PolicyArea::secure_boot,
                                  PolicyArea::applications, PolicyArea::kernel,
                                  PolicyArea::instance};
/// These are needed only where a machine has them.
constexpr PolicyArea kWhereThere[] = {PolicyArea::drivers, PolicyArea::container};

/// The area that a condition is about which reads a claim.
std::optional<PolicyArea> area_of_claim(std::string_view name) {
  if (name == "platform") return PolicyArea::platform;
  if (name == "secure_boot") return PolicyArea::secure_boot;
  if (name == "efi") return PolicyArea::applications;
  if (name == "kernel_command_line" || name == "grub" || name == "uki") return PolicyArea::kernel;
  if (name == "instance") return PolicyArea::instance;
  if (name == "cos") return PolicyArea::container;
  return std::nullopt;
}

std::string names_of(const auto& items) {
  std::vector<std::string_view> names;
  for (const auto& item : items) names.push_back(item.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

/// Reads one document, section by section.
class Reader {
 public:
  Status read(std::span<const TomlItem> items) {
    for (const TomlItem& item : items)
      if (auto ok = read_top(item); !ok) return ok;
    if (!evidence_read_) {
      if (auto ok = add(read_evidence_rules({}, terms)); !ok) return ok;
    }
    return require_applications();
  }

  std::vector<PolicyRule> rules;
  std::vector<PolicyCondition> conditions;
  std::vector<PolicyArea> accept_any;
  EvidenceTerms terms;

 private:
  Status read_top(const TomlItem& item) {
    if (item.name() == "accept_any") return read_accept_any(item);
    if (item.name() == "condition") return read_conditions(item);
    if (item.name() == "pcrs") return read_pcrs(item);
    if (item.name() == "uki") {
      if (about_kernel_ == nullptr) about_kernel_ = &item;
      return add(read_uki_rules(item));
    }
    if (item.name() == "evidence") {
      const auto members = item.members();
      if (!members) return pass_on(members);
      evidence_read_ = true;
      return add(read_evidence_rules(*members, terms));
    }
    for (const PolicySection* section : sections())
      if (section->name == item.name()) return read_section(*section, item);
    std::vector<std::string_view> names{"accept_any", "evidence"};
    for (const PolicySection* section : sections()) names.push_back(section->name);
    return item.refuse(
        fmt::format("no such section: there is {}, uki, pcrs, condition", fmt::join(names, ", ")));
  }

  Status add(Result<std::vector<PolicyRule>> more) {
    if (!more) return pass_on(more);
    std::move(more->begin(), more->end(), std::back_inserter(rules));
    return {};
  }

  Status read_pcrs(const TomlItem& item) {
    auto more = read_pcr_rules(item);
    if (more && about_kernel_ == nullptr &&
        std::any_of(more->begin(), more->end(),
                    [](const PolicyRule& r) { return r.area == PolicyArea::kernel; }))
      about_kernel_ = &item;
    return add(std::move(more));
  }

  Status read_section(const PolicySection& section, const TomlItem& item) {
    const auto members = item.members();
    if (!members) return pass_on(members);
    for (const TomlItem& member : *members) {
      const auto key = std::find_if(section.keys.begin(), section.keys.end(),
                                    [&](const PolicyKey& k) { return k.name == member.key(); });
      if (key == section.keys.end())
        return member.refuse(fmt::format("no such key: there is {}", names_of(section.keys)));
      auto rule = key->read(member);
      if (!rule) return pass_on(rule);
      rules.push_back(std::move(*rule));
      if (section.name == "kernel" && about_kernel_ == nullptr) about_kernel_ = &member;
    }
    return {};
  }

  /// What a kernel's line, files and sections are, the programs say that measure them: any other
  /// program leaves their registers empty, and root extends them afterwards as the policy wants.
  [[nodiscard]] Status require_applications() const {
    if (about_kernel_ == nullptr ||
        std::any_of(rules.begin(), rules.end(),
                    [](const PolicyRule& r) { return r.area == PolicyArea::applications; }))
      return {};
    return about_kernel_->refuse(
        "whatever program is started can pretend this: say which may be, in applications.exactly "
        "or applications.within");
  }

  Status read_accept_any(const TomlItem& item) {
    const auto elements = item.elements();
    if (!elements) return pass_on(elements);
    for (const TomlItem& element : *elements) {
      const auto text = element.text();
      if (!text) return pass_on(text);
      std::vector<std::string_view> names;
      std::optional<PolicyArea> found;
      const auto look = [&](PolicyArea area) {
        names.push_back(name_of(area));
        if (name_of(area) == *text) found = area;
      };
      std::for_each(std::begin(kNeeded), std::end(kNeeded), look);
      std::for_each(std::begin(kWhereThere), std::end(kWhereThere), look);
      if (!found)
        return element.refuse(fmt::format("\"{}\": want one of {}", *text, fmt::join(names, ", ")));
      accept_any.push_back(*found);
    }
    return {};
  }

  Status read_conditions(const TomlItem& item) {
    const auto elements = item.elements();
    if (!elements) return item.refuse("want tables [[condition]]");
    if (elements->size() > kMaxConditions)
      return item.refuse(fmt::format("want at most {} of them", kMaxConditions));
    for (const TomlItem& element : *elements)
      if (auto ok = read_condition(element); !ok) return ok;
    return {};
  }

  Status read_condition(const TomlItem& item) {
    const auto members = item.members();
    if (!members) return pass_on(members);
    std::string name, because;
    const TomlItem* that = nullptr;
    for (const TomlItem& member : *members) {
      if (member.key() == "that") {
        that = &member;
        continue;
      }
      if (member.key() != "name" && member.key() != "because")
        return member.refuse("no such key: there is name, that, because");
      auto text = member.text();
      if (!text) return pass_on(text);
      (member.key() == "name" ? name : because) = std::move(*text);
    }
    if (that == nullptr) return item.refuse("without `that`, the expression that must be true");
    if (!is_name(name))
      return item.refuse(
          "want a name of letters, digits, `-` and `_`: the check is called after it");
    if (!names_.insert(name).second)
      return item.refuse(fmt::format("the name \"{}\" is there twice", name));
    const auto source = that->text();
    if (!source) return pass_on(source);
    auto compiled = compile_cel(*source, claim_types());
    if (!compiled)
      return that->refuse("condition \"" + name + "\", " + describe(*source, compiled.error()));
    if (!compiled->checked.type.is(CelKind::boolean))
      return that->refuse(
          fmt::format("condition \"{}\": want an expression that is true or false, not {}", name,
                      compiled->checked.type.text()));
    conditions.push_back({std::move(name), std::move(because), std::move(*compiled)});
    return {};
  }

  static bool is_name(std::string_view name) {
    return !name.empty() && name.size() <= 64 &&
           name.find_first_not_of(
               "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") ==
               std::string_view::npos;
  }

  bool evidence_read_ = false;
  const TomlItem* about_kernel_ =
      nullptr;  ///< the first rule of [kernel] or [uki], in the document
  std::set<std::string> names_;
};

void ask(const PolicyRule& rule, const PolicySubject& subject, Verdict& verdict) {
  if (rule.scope == PolicyScope::attestation && subject.claims == nullptr)
    return verdict.not_checked(rule.id, "this rule is about the attestation, not about the boot");
  PolicyFinding finding = rule.ask(subject);
  verdict.require(rule.id, finding.holds, std::move(finding.expected), std::move(finding.got),
                  finding.hint);
}

void ask(const PolicyCondition& condition, const CelValue& claims, Verdict& verdict) {
  const auto value = evaluate_cel(condition.that.checked, *claims.if_map());
  const bool holds = value && value->if_bool() && *value->if_bool();
  const std::string why =
      value ? "false"
            : fmt::format("no answer: {} (at {})", value.error().why,
                          cel_position(condition.that.source, value.error().offset).column);
  verdict.require("policy.condition/" + condition.name, holds, condition.that.source,
                  holds ? "true" : why, condition.because);
}

}  // namespace

Result<AppraisalPolicy> AppraisalPolicy::parse(std::string_view where, std::string_view toml) {
  if (toml.size() > kMaxPolicy)
    return fail(Fault::malformed, std::string(where), "a policy is at most 1 MiB");
  const auto document = TomlItem::parse(where, toml);
  if (!document) return pass_on(document);
  const auto items = document->members();
  if (!items) return pass_on(items);
  Reader reader;
  if (const auto read = reader.read(*items); !read) return pass_on(read);
  AppraisalPolicy out;
  out.rules_ = std::move(reader.rules);
  const auto has_rule = [&out](std::string_view id) {
    return std::any_of(out.rules_.begin(), out.rules_.end(),
                       [id](const PolicyRule& rule) { return rule.id == id; });
  };
  const bool unified = has_rule("policy.uki.unlisted");
  if ((unified || has_rule("policy.kernel.kernels") || has_rule("policy.kernel.initrds")) &&
      !has_rule("policy.kernel.grub_files"))
    out.rules_.push_back(no_grub_files_rule());
  if (unified) out.rules_.push_back(no_grub_kernel_rule());
  const auto lists_register = [&out](std::string_view index) {
    return std::any_of(out.rules_.begin(), out.rules_.end(), [index](const PolicyRule& rule) {
      return rule.id.starts_with("policy.pcr/") && rule.id.ends_with(index);
    });
  };
  if (unified && !(lists_register(":12") && lists_register(":13")))
    out.rules_.push_back(no_additions_rule());
  out.conditions_ = std::move(reader.conditions);
  out.accept_any_ = std::move(reader.accept_any);
  out.terms_ = reader.terms;
  for (const PolicyArea area : kNeeded)
    if (!out.speaks_about(area))
      return fail(Fault::malformed, std::string(where),
                  fmt::format("says nothing about `{0}`, so it would let any in: add rules about "
                              "it, or add \"{0}\" to accept_any",
                              name_of(area)));
  return out;
}

bool AppraisalPolicy::speaks_about(PolicyArea area) const {
  return std::find(accept_any_.begin(), accept_any_.end(), area) != accept_any_.end() ||
         asks_about(area);
}

bool AppraisalPolicy::asks_about(PolicyArea area) const {
  if (std::any_of(rules_.begin(), rules_.end(),
                  [=](const PolicyRule& rule) { return rule.area == area; }))
    return true;
  for (const PolicyCondition& condition : conditions_)
    for (const std::string& name : condition.that.checked.names)
      if (area_of_claim(name) == area) return true;
  return false;
}

namespace {

/// A launcher measures its container into PCR 13; without its log that value is all there is.
bool may_have_container(const PolicySubject& subject) {
  constexpr std::uint32_t kContainerPcr = 13;
  if (subject.machine.cos) return true;
  if (subject.machine.windows) return false;  // its own register, and read
  // Whatever an event of that register is called in the log, it may be the launcher's.
  const auto& events = subject.machine.events;
  if (std::any_of(events.begin(), events.end(),
                  [](const ReplayedEvent& e) { return e.pcr == kContainerPcr; }))
    return true;
  if (subject.claims == nullptr) return false;
  return std::any_of(subject.claims->pcrs.begin(), subject.claims->pcrs.end(),
                     [](const PcrValues& bank) {
                       const auto& value = bank.values[kContainerPcr];
                       return value && *value != Digest(bank.bank);
                     });
}

}  // namespace

void AppraisalPolicy::appraise_unruled(const PolicySubject& subject, Verdict& verdict) const {
  const auto& efi = subject.machine.efi;
  const std::size_t drivers =
      efi ? efi->boot_services_drivers.size() + efi->runtime_services_drivers.size() : 0;
  if (drivers > 0 && !speaks_about(PolicyArea::drivers))
    verdict.require(
        "policy.drivers.ruled", false, "a rule about drivers",
        fmt::format("{} drivers loaded, and the policy does not speak about them", drivers),
        "list them in drivers.within, or add \"drivers\" to accept_any");
  // A listed value says what was started, too.
  const bool listed = std::any_of(rules_.begin(), rules_.end(), [](const PolicyRule& rule) {
    return rule.id.starts_with("policy.pcr/") && rule.id.ends_with(":13");
  });
  if (may_have_container(subject) && !speaks_about(PolicyArea::container) &&
      (subject.machine.cos || !listed))
    verdict.require(
        "policy.container.ruled", false, "a rule about the container",
        subject.machine.cos ? "a container was started, and the policy does not speak about it"
                            : "PCR 13 was extended, and the evidence does not say by what",
        "list its image in container.image_digests, or add \"container\" to accept_any");
}

Verdict AppraisalPolicy::appraise(const Authentic<VtpmClaims>& claims, Instant now) const {
  Verdict out;
  const PolicySubject subject{claims->machine, &*claims, now};
  for (const PolicyRule& rule : rules_) ask(rule, subject, out);
  appraise_unruled(subject, out);
  if (conditions_.empty()) return out;
  const CelValue values = claim_values(*claims, now);
  for (const PolicyCondition& condition : conditions_) ask(condition, values, out);
  return out;
}

Verdict AppraisalPolicy::appraise_machine(const MachineState& machine) const {
  Verdict out;
  const PolicySubject subject{machine, nullptr, Instant()};
  for (const PolicyRule& rule : rules_) ask(rule, subject, out);
  appraise_unruled(subject, out);
  for (const PolicyCondition& condition : conditions_)
    out.not_checked("policy.condition/" + condition.name,
                    "conditions are about claims, not about the boot alone");
  return out;
}

std::vector<std::string> AppraisalPolicy::open_areas() const {
  std::vector<std::string> out;
  for (const PolicyArea area : accept_any_)
    if (!asks_about(area)) out.emplace_back(name_of(area));
  return out;
}

std::vector<std::string> AppraisalPolicy::explain() const {
  std::vector<std::string> out;
  for (const PolicyRule& rule : rules_) out.push_back(rule.sentence);
  for (const PolicyCondition& condition : conditions_)
    out.push_back(
        condition.because.empty()
            ? fmt::format("{}: {}", condition.name, condition.that.source)
            : fmt::format("{}: {} ({})", condition.name, condition.that.source, condition.because));
  for (const std::string& area : open_areas())
    out.push_back(fmt::format("Nothing is asked about {}: any passes.", area));
  for (const PolicyArea area : kWhereThere)
    if (!speaks_about(area))
      out.push_back(fmt::format(
          "A machine with {} is refused.",
          area == PolicyArea::drivers ? "drivers that are loaded at boot" : "a container"));
  return out;
}

}  // namespace assay
