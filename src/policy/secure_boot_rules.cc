// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/counted.h"
#include "base/hex.h"
#include "crypto/hash.h"
#include "policy/policy_rule.h"
#include "policy/sbat.h"
#include "verify/dbx_generation.h"
#include "verify/known_certificates.h"

namespace assay {

namespace {

/// A certificate by the SHA-256 of its DER, or an image by its SHA-256, as databases have them.
struct NamedEntry {
  std::string fingerprint;
  std::string words;  ///< its name where it is known
};

Result<NamedEntry> read_entry(const TomlItem& item) {
  const auto text = item.text();
  if (!text) return pass_on(text);
  if (const auto known = known_certificate_fingerprint(*text))
    return NamedEntry{std::string(*known), *text};
  const auto bytes = parse_hex(item.name(), *text);
  if (!bytes || bytes->size() != digest_size(HashAlgorithm::sha256))
    return item.refuse(fmt::format(
        "\"{}\": want the SHA-256 of a certificate, 64 hexadecimal digits, or the name of a known "
        "one",
        *text));
  const std::string fingerprint = hex(*bytes);
  const auto name = known_certificate_name(fingerprint);
  return NamedEntry{fingerprint, name ? std::string(*name) : fingerprint};
}

Result<std::vector<NamedEntry>> read_entries(const TomlItem& item) {
  const auto elements = item.elements();
  if (!elements) return pass_on(elements);
  std::vector<NamedEntry> out;
  for (const TomlItem& element : *elements) {
    auto entry = read_entry(element);
    if (!entry) return pass_on(entry);
    out.push_back(std::move(*entry));
  }
  return out;
}

std::vector<std::string> words_of(const std::vector<NamedEntry>& entries) {
  std::vector<std::string> out;
  for (const NamedEntry& entry : entries) out.push_back(entry.words);
  return out;
}

/// Everything a database holds, each entry once.
std::vector<NamedEntry> entries_of(const SignatureDatabase& database) {
  std::vector<NamedEntry> out;
  const auto add = [&](std::string fingerprint, std::string words) {
    const auto same = [&](const NamedEntry& e) { return e.fingerprint == fingerprint; };
    if (std::none_of(out.begin(), out.end(), same))
      out.push_back({std::move(fingerprint), std::move(words)});
  };
  for (const Buffer& der : database.certificates) {
    const std::string fingerprint = sha256_hex(der);
    const auto name = known_certificate_name(fingerprint);
    add(fingerprint, name ? std::string(*name) : "certificate " + fingerprint);
  }
  for (const Buffer& hash : database.hashes) add(hex(hash), "hash " + hex(hash));
  return out;
}

bool holds(const std::vector<NamedEntry>& entries, const NamedEntry& wanted) {
  return std::any_of(entries.begin(), entries.end(),
                     [&](const NamedEntry& e) { return e.fingerprint == wanted.fingerprint; });
}

Result<PolicyRule> required(const TomlItem& item) {
  const auto wanted = item.boolean();
  if (!wanted) return pass_on(wanted);
  if (!*wanted)
    return item.refuse(
        "leave the key out, and list \"secure_boot\" in accept_any, if it may be off");
  return PolicyRule{"policy.secure_boot.required", PolicyArea::secure_boot, PolicyScope::machine,
                    "Secure Boot is on.", [](const PolicySubject& subject) {
                      const auto& enabled = subject.machine.secure_boot.enabled;
                      return PolicyFinding{enabled.value_or(false), "on",
                                           !enabled   ? "not measured"
                                           : *enabled ? "on"
                                                      : "off",
                                           "turn Secure Boot on in the VM's Shielded VM options"};
                    }};
}

struct DatabaseWords {
  std::string_view id;
  std::string_view subject;  ///< of the rule's sentence
  const SignatureDatabase& (*of)(const SecureBootState&);
};

/// Every entry is listed, and there is one.
Result<PolicyRule> within(const TomlItem& item, const DatabaseWords& words) {
  const auto allowed = read_entries(item);
  if (!allowed) return pass_on(allowed);
  return PolicyRule{
      std::string(words.id), PolicyArea::secure_boot, PolicyScope::machine,
      fmt::format("{} is {}.", words.subject, one_of(words_of(*allowed))),
      [allowed = *allowed, of = words.of](const PolicySubject& subject) {
        const SignatureDatabase& database = of(subject.machine.secure_boot);
        const std::vector<NamedEntry> found = entries_of(database);
        std::vector<NamedEntry> foreign;
        for (const NamedEntry& entry : found)
          if (!holds(allowed, entry)) foreign.push_back(entry);
        std::string got = found.empty()     ? "nothing measured"
                          : foreign.empty() ? all_of_them(words_of(found))
                                            : "also " + all_of_them(words_of(foreign));
        if (!database.others.empty())
          got += fmt::format(", and {} entries of other kinds", database.others.size());
        return PolicyFinding{!found.empty() && foreign.empty() && database.others.empty(),
                             one_of(words_of(allowed)), got,
                             "somebody enrolled another key, or the platform's keys were renewed: "
                             "if that is wanted, list it"};
      }};
}

Result<PolicyRule> pk_within(const TomlItem& item) {
  return within(item, {"policy.secure_boot.pk", "The platform key (PK)",
                       [](const SecureBootState& s) -> const SignatureDatabase& { return s.pk; }});
}
Result<PolicyRule> kek_within(const TomlItem& item) {
  return within(item, {"policy.secure_boot.kek", "Each key exchange key (KEK)",
                       [](const SecureBootState& s) -> const SignatureDatabase& { return s.kek; }});
}
Result<PolicyRule> db_within(const TomlItem& item) {
  return within(item, {"policy.secure_boot.db", "Each key that may sign programs (db)",
                       [](const SecureBootState& s) -> const SignatureDatabase& { return s.db; }});
}
Result<PolicyRule> authorities_within(const TomlItem& item) {
  return within(item,
                {"policy.secure_boot.authorities", "Each key that vouched for what was started",
                 [](const SecureBootState& s) -> const SignatureDatabase& { return s.authority; }});
}

constexpr const char* kDbxHint =
    "revocations are missing: update dbx in the VM (fwupdmgr refresh; fwupdmgr update)";

Result<PolicyRule> dbx_at_least(const TomlItem& item) {
  const auto wanted = read_entries(item);
  if (!wanted) return pass_on(wanted);
  if (wanted->empty()) return item.refuse("an empty list asks nothing");
  return PolicyRule{
      "policy.secure_boot.dbx", PolicyArea::secure_boot, PolicyScope::machine,
      fmt::format("What is revoked (dbx) has at least {}.", all_of_them(words_of(*wanted))),
      [wanted = *wanted](const PolicySubject& subject) {
        const auto found = entries_of(subject.machine.secure_boot.dbx);
        std::vector<NamedEntry> missing;
        for (const NamedEntry& entry : wanted)
          if (!holds(found, entry)) missing.push_back(entry);
        return PolicyFinding{
            missing.empty(), counted(wanted.size(), "entry", "entries") + " revoked",
            missing.empty() ? fmt::format("all of them, of {} in dbx", found.size())
                            : "not revoked: " + all_of_them(words_of(missing)),
            kDbxHint};
      }};
}

Result<PolicyRule> dbx_minimum_hashes(const TomlItem& item) {
  const auto minimum = item.integer(1);
  if (!minimum) return pass_on(minimum);
  return PolicyRule{"policy.secure_boot.dbx_size", PolicyArea::secure_boot, PolicyScope::machine,
                    fmt::format("At least {} images are revoked by hash (dbx).", *minimum),
                    [minimum = *minimum](const PolicySubject& subject) {
                      const std::size_t found = subject.machine.secure_boot.dbx.hashes.size();
                      return PolicyFinding{found >= static_cast<std::size_t>(minimum),
                                           fmt::format("{} hashes or more", minimum),
                                           fmt::format("{}", found), kDbxHint};
                    }};
}

bool is_date(std::string_view text) {
  constexpr std::string_view kForm = "dddd-dd-dd";
  return text.size() == kForm.size() &&
         std::equal(text.begin(), text.end(), kForm.begin(), [](char c, char form) {
           return form == 'd' ? c >= '0' && c <= '9' : c == form;
         });
}

Result<PolicyRule> dbx_minimum_generation(const TomlItem& item) {
  const auto minimum = item.text();
  if (!minimum) return pass_on(minimum);
  if (!is_date(*minimum)) return item.refuse("want the day of an update, as in \"2020-10-12\"");
  return PolicyRule{
      "policy.secure_boot.dbx_generation", PolicyArea::secure_boot, PolicyScope::machine,
      fmt::format("What is revoked (dbx) is the update of {} or a newer one.", *minimum),
      [minimum = *minimum](const PolicySubject& subject) {
        const auto found = dbx_generation(subject.machine.secure_boot.dbx);
        return PolicyFinding{
            found && *found >= minimum, fmt::format("the update of {} or newer", minimum),
            found ? fmt::format("that of {}", *found) : "a set that is no known update",
            found ? kDbxHint
                  : "a vendor's set has no date: use dbx_minimum_hashes or "
                    "dbx_at_least instead"};
      }};
}

Result<PolicyRule> sbat_minimum(const TomlItem& item) {
  const auto members = item.members();
  if (!members) return pass_on(members);
  if (members->empty()) return item.refuse("an empty table asks nothing");
  std::map<std::string, std::int64_t> wanted;
  std::vector<std::string> words;
  for (const TomlItem& member : *members) {
    const auto generation = member.integer(1);
    if (!generation) return pass_on(generation);
    // A component may have dots in its name: all that follows the table's.
    const std::string component = member.name().substr(item.name().size() + 1);
    wanted[component] = *generation;
    words.push_back(fmt::format("{} {}", component, *generation));
  }
  return PolicyRule{
      "policy.secure_boot.sbat", PolicyArea::secure_boot, PolicyScope::machine,
      fmt::format("Shim revokes everything older than {} (SBAT).", all_of_them(words)),
      [wanted, words](const PolicySubject& subject) {
        const auto& shim = subject.machine.shim;
        const auto levels = shim && shim->sbat_level
                                ? sbat_levels(*shim->sbat_level)
                                : std::optional<std::map<std::string, std::uint32_t>>();
        if (!levels)
          return PolicyFinding{false, all_of_them(words), "no SBAT level was measured",
                               "shim 15.4 or newer measures one: update shim"};
        std::vector<std::string> older;
        for (const auto& [component, generation] : wanted) {
          const auto level = levels->find(component);
          if (level == levels->end())
            older.push_back(component + " not at all");
          else if (level->second < generation)
            older.push_back(fmt::format("{} {}", component, level->second));
        }
        return PolicyFinding{older.empty(), all_of_them(words),
                             older.empty() ? "all of them" : all_of_them(older),
                             "apply shim's newest revocations (mokutil --set-sbat-policy latest, "
                             "and restart)"};
      }};
}

Result<PolicyRule> dma_protection(const TomlItem& item) {
  const auto wanted = item.boolean();
  if (!wanted) return pass_on(wanted);
  if (!*wanted) return item.refuse("leave the key out if DMA protection may be off");
  return PolicyRule{
      "policy.secure_boot.dma_protection", PolicyArea::secure_boot, PolicyScope::machine,
      "The firmware did not turn its protection against DMA off.",
      [](const PolicySubject& subject) {
        const bool off = subject.machine.secure_boot.dma_protection_disabled;
        return PolicyFinding{!off, "not turned off", off ? "turned off" : "not turned off",
                             "turn DMA protection on in the firmware's settings"};
      }};
}

}  // namespace

const PolicySection& secure_boot_rules() {
  static const PolicySection kSection{"secure_boot",
                                      {{"required", required},
                                       {"pk_within", pk_within},
                                       {"kek_within", kek_within},
                                       {"db_within", db_within},
                                       {"authorities_within", authorities_within},
                                       {"dbx_at_least", dbx_at_least},
                                       {"dbx_minimum_hashes", dbx_minimum_hashes},
                                       {"dbx_minimum_generation", dbx_minimum_generation},
                                       {"sbat_minimum", sbat_minimum},
                                       {"dma_protection", dma_protection}}};
  return kSection;
}

}  // namespace assay
