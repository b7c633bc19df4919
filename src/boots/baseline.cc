// SPDX-License-Identifier: Apache-2.0
#include "boots/baseline.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <vector>

#include "base/hex.h"
#include "crypto/certificate.h"
#include "crypto/hash.h"
#include "policy/appraisal_policy.h"
#include "verify/known_certificates.h"
#include "verify/printable.h"

namespace assay {

namespace {

using Boots = std::span<const GoodBoot>;

/// One value of a list, and what a person calls it where the value does not say.
struct Entry {
  std::string value, comment;
  auto operator<=>(const Entry&) const = default;
};
using Entries = std::vector<Entry>;

void add_once(Entries& all, Entry entry) {
  if (std::find(all.begin(), all.end(), entry) == all.end()) all.push_back(std::move(entry));
}
void add_once(Entries& all, std::string value) { add_once(all, Entry{std::move(value), {}}); }

/// A TOML basic string.  What is not printable ASCII was escaped by printable() before.
std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out + "\"";
}

std::string digest_text(const Digest& digest) {
  return fmt::format("{}:{}", name_of(digest.algorithm()), hex(digest.bytes()));
}

/// A certificate as a policy names it: by its name where that is known, else by fingerprint.
Entry entry_of(const Buffer& der) {
  const std::string fingerprint = sha256_hex(der);
  if (const auto known = known_certificate_name(fingerprint)) return {in_quotes(*known), {}};
  const auto certificate = Certificate::from_der(der);
  return {in_quotes(fingerprint), certificate ? printable(certificate->subject()) : ""};
}

/// All entries of one database, in all boots.
Entries entries(Boots boots, SignatureDatabase SecureBootState::* database) {
  Entries out;
  for (const auto& [name, m] : boots) {
    for (const Buffer& der : (m->secure_boot.*database).certificates) add_once(out, entry_of(der));
    for (const Buffer& hash : (m->secure_boot.*database).hashes)
      add_once(out, in_quotes(hex(hash)));
  }
  return out;
}

/// What every boot had revoked: what may not come back.
Entries revoked_everywhere(Boots boots) {
  std::set<Entry> common;
  bool first = true;
  for (const auto& [name, m] : boots) {
    std::set<Entry> here;
    for (const Buffer& hash : m->secure_boot.dbx.hashes) here.insert({in_quotes(hex(hash)), {}});
    for (const Buffer& der : m->secure_boot.dbx.certificates) here.insert(entry_of(der));
    if (std::exchange(first, false)) common = here;
    std::erase_if(common, [&](const Entry& e) { return !here.contains(e); });
  }
  return {common.begin(), common.end()};
}

/// The document, area by area.
class Baseline {
 public:
  Baseline(Boots boots, BaselineBank bank, const std::vector<std::string>& open)
      : boots_(boots), bank_(bank), open_(open) {}

  Result<std::string> write() {
    if (bank_ == BaselineBank::only)
      body_ +=
          fmt::format("\n[evidence]\nonly_bank = \"{}\"\n", name_of(boots_.front().state->bank));
    if (!opened("platform")) platform();
    if (!opened("secure_boot")) secure_boot();
    if (!opened("applications")) applications();
    if (!opened("drivers")) drivers();
    if (!opened("kernel")) {
      kernel();
      unified();
    }
    registers();
    // A log says nothing of whose machine it is.
    if (!opened("instance")) accept_any_.emplace_back("instance");
    if (!reasons_.empty()) return fail(Fault::malformed, "baseline", reasons_);
    std::string head = fmt::format(
        "# What {} had, and nothing else.\n"
        "# Made by `assay eventlog baseline`; read it, and loosen what may change.\n\n"
        "# Nothing is asked about these.\naccept_any = [{}]\n",
        boots_.size() == 1 ? "one good boot" : fmt::format("{} good boots", boots_.size()),
        joined(accept_any_));
    return head + body_;
  }

 private:
  static std::string joined(const std::vector<std::string>& areas) {
    std::string out;
    for (const std::string& a : areas) out += fmt::format("{}\"{}\"", out.empty() ? "" : ", ", a);
    return out;
  }

  /// Whether the area was opened by name; then nothing is asked about it.
  bool opened(std::string_view area) {
    if (std::find(open_.begin(), open_.end(), area) == open_.end()) return false;
    accept_any_.emplace_back(area);
    return true;
  }
  /// The boots do not let the area be pinned.
  void cannot(std::string_view area, std::string_view why) {
    reasons_ +=
        fmt::format("{}{}: {}; `--accept-any {}` leaves it open",
                    reasons_.empty() ? "cannot tell what to allow\n" : "\n", area, why, area);
  }
  /// The first boot of which something is so; nullptr if it is so of none.
  template <class Predicate>
  const GoodBoot* first_with(Predicate is_so) const {
    const auto found = std::find_if(boots_.begin(), boots_.end(),
                                    [&](const GoodBoot& boot) { return is_so(*boot.state); });
    return found == boots_.end() ? nullptr : &*found;
  }

  /// Begins a table; it is left out if nothing follows.
  void section(std::string_view name) { pending_ = fmt::format("\n[{}]\n", name); }
  void line(std::string_view text) {
    body_ += std::exchange(pending_, {});
    body_ += fmt::format("{}\n", text);
  }
  void list(std::string_view key, const Entries& values) {
    if (values.empty()) return;
    const auto comment = [](const Entry& e) {
      return e.comment.empty() ? std::string() : "  # " + e.comment;
    };
    if (values.size() == 1)
      return line(fmt::format("{} = [{}]{}", key, values[0].value, comment(values[0])));
    line(fmt::format("{} = [", key));
    for (const Entry& e : values) line(fmt::format("  {},{}", e.value, comment(e)));
    line("]");
  }

  void platform() {
    section("platform");
    Entries technologies, versions;
    std::optional<std::uint32_t> lowest;
    bool all_google = true;
    for (const auto& [log, m] : boots_) {
      const PlatformState& p = m->platform;
      if (p.technology != ConfidentialTechnology::none)
        add_once(technologies, in_quotes(short_name(p.technology)));
      add_once(versions, in_quotes(hex(p.scrtm_version)));
      all_google = all_google && p.gce_firmware_version.has_value();
      if (p.gce_firmware_version)
        lowest = std::min(lowest.value_or(UINT32_MAX), *p.gce_firmware_version);
    }
    list("technologies", technologies);
    if (all_google && lowest)
      line(fmt::format("minimum_firmware_version = {}", *lowest));
    else
      list("scrtm_versions", versions);
  }

  void secure_boot() {
    using State = const MachineState&;
    const auto* silent = first_with([](State m) { return !m.secure_boot.enabled; });
    const auto* on = first_with([](State m) { return m.secure_boot.enabled.value_or(false); });
    const auto* off = first_with([](State m) { return !m.secure_boot.enabled.value_or(true); });
    if (silent != nullptr)
      return cannot("secure_boot", fmt::format("{} does not say whether it was on", silent->name));
    if (on != nullptr && off != nullptr)
      return cannot(
          "secure_boot",
          fmt::format("it was on in {} and off in {}: make a policy of each", on->name, off->name));
    if (on == nullptr) {
      accept_any_.emplace_back("secure_boot");
      body_ += "\n# Secure Boot was off: nothing is asked about it, nor about its keys.\n";
      return;
    }
    section("secure_boot");
    line("required = true");
    list("pk_within", entries(boots_, &SecureBootState::pk));
    list("kek_within", entries(boots_, &SecureBootState::kek));
    list("db_within", entries(boots_, &SecureBootState::db));
    list("authorities_within", entries(boots_, &SecureBootState::authority));
    list("dbx_at_least", revoked_everywhere(boots_));
  }

  void applications() {
    if (const auto* cut = first_with([](const MachineState& m) { return !m.efi; }))
      return cannot("applications",
                    fmt::format("{} ends before the system took over (no ExitBootServices), so it "
                                "may not name all that ran",
                                cut->name));
    Entries sequences;
    const GoodBoot* without = nullptr;
    for (const GoodBoot& boot : boots_) {
      const auto& efi = boot.state->efi;
      if (!efi || efi->applications.empty()) {
        without = &boot;
        continue;
      }
      std::string sequence;
      for (const Digest& d : efi->applications)
        sequence += fmt::format("{}{}", sequence.empty() ? "" : ", ", in_quotes(digest_text(d)));
      add_once(sequences, fmt::format("[{}]", sequence));
    }
    if (sequences.empty()) {
      programs_by_register_ = true;
      return;
    }
    if (without != nullptr)
      return cannot("applications", fmt::format("{} measured no program and others did: make a "
                                                "policy of each",
                                                without->name));
    section("applications");
    list("exactly", sequences);
  }

  void drivers() {
    section("drivers");
    Entries all;
    for (const auto& [log, m] : boots_) {
      if (!m->efi) continue;
      const auto& efi = *m->efi;
      for (const Digest& d : efi.boot_services_drivers) add_once(all, in_quotes(digest_text(d)));
      for (const Digest& d : efi.runtime_services_drivers) add_once(all, in_quotes(digest_text(d)));
    }
    list("within", all);
    pending_.clear();  // a machine without drivers needs no word about them
  }

  void kernel() {
    section("kernel");
    Entries lines, files, disks;
    bool all_have_disks = true;
    for (const auto& [log, m] : boots_) {
      if (m->kernel_command_line) add_once(lines, in_quotes(printable(*m->kernel_command_line)));
      all_have_disks = all_have_disks && !m->possible_initrds().empty();
      for (const Digest& d : m->possible_initrds()) {
        add_once(disks, in_quotes(digest_text(d)));
        if (m->grub) add_once(files, in_quotes(digest_text(d)));
      }
      if (!m->grub) continue;
      for (const GrubState::File& f : m->grub->files)
        add_once(files, in_quotes(digest_text(f.digest)));
    }
    list("command_lines", lines);
    list("grub_files_within", files);
    // A boot whose kernel measured none would fall by the others'.
    if (all_have_disks) list("initrds_within", disks);
    if (pending_.empty()) kernel_known_ = true;
    pending_.clear();
  }

  /// The sections of unified kernel images.
  void unified() {
    section("uki.sections");
    std::vector<std::string> names;
    for (const auto& [log, m] : boots_)
      if (m->uki)
        for (const UkiState::Section& s : m->uki->sections)
          if (std::find(names.begin(), names.end(), s.name) == names.end()) names.push_back(s.name);
    for (const std::string& name : names) {
      Entries digests;
      for (const auto& [log, m] : boots_)
        if (m->uki)
          for (const UkiState::Section& s : m->uki->sections)
            if (s.name == name) add_once(digests, in_quotes(digest_text(s.digest)));
      list(in_quotes(printable(name)), digests);
    }
    if (pending_.empty()) kernel_known_ = true;
    pending_.clear();
    if (!kernel_known_)
      return cannot("kernel", "the logs name no kernel, command line or section of an image");
    if (const auto* cut = first_with([](const MachineState& m) { return !m.efi; }))
      return cannot("kernel",
                    fmt::format("{} ends before the system took over, so it may not have all that "
                                "was measured beside the kernel",
                                cut->name));
    if (std::find(open_.begin(), open_.end(), "applications") != open_.end())
      cannot("kernel",
             "its rules bind only beside rules about the programs, and applications are "
             "left open");
  }

  /// Where a register ended that a log holds no secret about.
  static Digest value_of(const MachineState& machine, std::uint32_t pcr) {
    Digest out(machine.bank);
    for (const ReplayedEvent& e : machine.events)
      if (e.pcr == pcr && e.untrusted_type != EventType::no_action) extend(out, e.digest);
    return out;
  }

  /// What was put beside the kernel and has no rule of its own: command lines, add-ons, credentials
  /// and system extensions of systemd's stub (PCR 12 and 13), the owner's keys of shim (PCR 14).
  void registers() {
    // Windows counts its boots there.  A register whose log ends early has another value.
    for (const auto& [log, m] : boots_)
      if (m->windows) return;
    if (first_with([](const MachineState& m) { return !m.efi; }) != nullptr) return;
    section(fmt::format("pcrs.{}", name_of(boots_.front().state->bank)));
    std::vector<std::uint32_t> pcrs{12, 13, 14};
    if (programs_by_register_) pcrs.insert(pcrs.begin(), 4);
    for (const std::uint32_t pcr : pcrs) {
      Entries values;
      for (const auto& [log, m] : boots_)
        add_once(values, in_quotes(hex(value_of(*m, pcr).bytes())));
      list(fmt::format("\"{}\"", pcr), values);
    }
  }

  Boots boots_;
  BaselineBank bank_;
  const std::vector<std::string>& open_;  ///< areas that the caller leaves open
  std::vector<std::string> accept_any_;
  std::string body_, pending_;
  std::string reasons_;  ///< why no policy can be written; a line each
  bool kernel_known_ = false;
  bool programs_by_register_ = false;  ///< no boot listed any: PCR 4 says that none was started
};

/// The rules that a boot fails, by their ids.
std::string failures(const AppraisalPolicy& policy, const MachineState& machine) {
  std::string out;
  const Verdict verdict = policy.appraise_machine(machine);
  for (const Check& check : verdict.checks())
    if (check.verdict == CheckVerdict::fail && !out.ends_with(check.id))
      out += fmt::format("{}{}", out.empty() ? "" : ", ", check.id);
  return out;
}

/// What is written must let in what it was written from.
Status hold_against(Boots boots, const std::string& text) {
  const auto policy = AppraisalPolicy::parse("baseline", text);
  if (!policy) return pass_on(policy);
  std::string refused;
  for (const GoodBoot& boot : boots)
    if (const std::string failed = failures(*policy, *boot.state); !failed.empty())
      refused += fmt::format("\n{} would be refused by {}", boot.name, failed);
  if (refused.empty()) return {};
  return fail(Fault::malformed, "baseline",
              "these boots are of different kinds, and one policy cannot describe them: make one "
              "for each kind of boot" +
                  refused);
}

}  // namespace

bool is_open_to_choice(std::string_view area) {
  constexpr std::string_view kAreas[] = {"platform", "secure_boot", "applications",
                                         "drivers",  "kernel",      "instance"};
  return std::find(std::begin(kAreas), std::end(kAreas), area) != std::end(kAreas);
}

Result<std::string> write_baseline(Boots boots, BaselineBank bank,
                                   const std::vector<std::string>& accept_any) {
  if (boots.empty()) return fail(Fault::malformed, "baseline", "needs at least one boot");
  for (const auto& [name, m] : boots)
    if (m->bank != boots.front().state->bank)
      return fail(
          Fault::malformed, "baseline",
          fmt::format("boots in {} and in {}: digests of different banks cannot be compared",
                      name_of(boots.front().state->bank), name_of(m->bank)));
  auto policy = Baseline(boots, bank, accept_any).write();
  if (!policy) return policy;
  if (auto holds = hold_against(boots, *policy); !holds) return pass_on(holds);
  return policy;
}

}  // namespace assay
