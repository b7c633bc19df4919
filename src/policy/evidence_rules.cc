// SPDX-License-Identifier: Apache-2.0
#include "policy/evidence_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>

#include "base/hex.h"
#include "formats/bank.h"

namespace assay {

namespace {

/// 128 bits: nobody foresees so many, and no two requests share them.
constexpr std::int64_t kMinimumNonce = 16;
/// The longest that every TPM takes: extraData holds no more than a TPMT_HA, whose largest digest
/// has 64 bytes.  TPM 2.0 Part 2, 10.4.3 and 10.12.8.
constexpr std::int64_t kLongestNonce = 64;

/// No TPM of a confidential VM has an SM3 bank.
std::optional<HashAlgorithm> allowed_bank(std::string_view name) {
  const auto bank = bank_named(name);
  return bank == HashAlgorithm::sm3_256 ? std::nullopt : bank;
}

const PcrValues* find_bank(const VtpmClaims& claims, HashAlgorithm bank) {
  const auto found = std::find_if(claims.pcrs.begin(), claims.pcrs.end(),
                                  [=](const PcrValues& v) { return v.bank == bank; });
  return found == claims.pcrs.end() ? nullptr : &*found;
}

/// Every quote of authentic claims was judged: a bank that is there is one that was.
PolicyRule bank_rule(HashAlgorithm bank) {
  return {fmt::format("policy.evidence.bank/{}", name_of(bank)), PolicyArea::evidence,
          PolicyScope::attestation,
          fmt::format("The TPM's {} registers were quoted and judged.", name_of(bank)),
          [bank](const PolicySubject& subject) {
            const bool judged = find_bank(*subject.claims, bank) != nullptr;
            std::vector<std::string> banks;
            for (const PcrValues& v : subject.claims->pcrs) banks.emplace_back(name_of(v.bank));
            return PolicyFinding{judged, fmt::format("a quote of the {} bank", name_of(bank)),
                                 all_of_them(banks), "the attester must quote that bank as well"};
          }};
}

/// Whoever judges the evidence was asked for this bank (AppraisalPolicy::only_bank).
PolicyRule only_bank_rule(HashAlgorithm bank) {
  return {"policy.evidence.only_bank", PolicyArea::evidence, PolicyScope::machine,
          fmt::format("What is said of the machine is read from its {} registers alone.",
                      name_of(bank)),
          [bank](const PolicySubject& subject) {
            return PolicyFinding{subject.machine.bank == bank, std::string(name_of(bank)),
                                 std::string(name_of(subject.machine.bank)),
                                 "the attester must quote that bank"};
          }};
}

PolicyRule no_sha1_rule() {
  return {"policy.evidence.strength", PolicyArea::evidence, PolicyScope::machine,
          "What is said of the machine does not rest on SHA-1.", [](const PolicySubject& subject) {
            return PolicyFinding{
                subject.machine.bank != HashAlgorithm::sha1, "a bank better than SHA-1",
                std::string(name_of(subject.machine.bank)), "quote the sha256 bank as well"};
          }};
}

PolicyRule hardware_rule() {
  return {"policy.evidence.hardware", PolicyArea::evidence, PolicyScope::attestation,
          "The machine is no emulator's.", [](const PolicySubject& subject) {
            const bool emulated = subject.claims->provenance == Provenance::emulated;
            return PolicyFinding{!emulated, "real hardware",
                                 emulated ? "an emulator" : "no emulator",
                                 "for development, set evidence.allow_emulated = true"};
          }};
}

/// Anybody can run a CA: what one of an operator's own says of a machine is that operator's word.
PolicyRule vendor_rule() {
  return {"policy.evidence.vendor", PolicyArea::evidence, PolicyScope::attestation,
          "The machine's vendor vouches for it, no CA or key of an operator's own.",
          [](const PolicySubject& subject) {
            const bool own = subject.claims->provenance == Provenance::operator_added;
            return PolicyFinding{!own, "the vendor's word",
                                 own ? "an operator's own" : "no operator's",
                                 "if that CA or key is yours, set evidence.allow_operator_trust = "
                                 "true"};
          }};
}

/// A challenge that can be guessed or met again proves no freshness.
PolicyRule nonce_rule(std::size_t minimum) {
  return {"policy.evidence.nonce", PolicyArea::evidence, PolicyScope::attestation,
          fmt::format("The nonce that the evidence answers has {} bytes or more.", minimum),
          [minimum](const PolicySubject& subject) {
            const std::size_t bytes = subject.claims->nonce_bytes;
            return PolicyFinding{bytes >= minimum, fmt::format("{} bytes or more", minimum),
                                 fmt::format("{} bytes", bytes),
                                 "attest again with a random nonce of that length; for evidence "
                                 "that was recorded, set evidence.minimum_nonce_bytes"};
          }};
}

/// Longer than any CA lets a list stand.
constexpr std::int64_t kLongestListAge = 10 * 366 * 24;

std::string describe(const RevocationTerms& terms) {
  std::string out = terms.missing == RevocationTerms::Missing::refused
                        ? "a current list of each issuer"
                        : "the lists that there are";
  if (terms.max_age)
    out += fmt::format(", of the last {} hours",
                       std::chrono::duration_cast<std::chrono::hours>(*terms.max_age).count());
  return out;
}

/// Whoever judges the evidence was asked for it (AppraisalPolicy::terms).  Behind a key that is
/// trusted itself no CA stands who could revoke it.
PolicyRule revocation_rule(const RevocationTerms& terms) {
  return {
      "policy.evidence.revocation", PolicyArea::evidence, PolicyScope::attestation,
      fmt::format("The certificate of the attestation key was held against what CAs revoked: {}; "
                  "of a key that is trusted itself this is not asked.",
                  describe(terms)),
      [terms](const PolicySubject& subject) {
        const VtpmClaims& claims = *subject.claims;
        const bool itself = claims.ak_issuer.empty();
        return PolicyFinding{itself || claims.revocation.cover(terms), describe(terms),
                             itself ? "a key that is trusted itself" : describe(claims.revocation),
                             "ask whoever verifies for current lists: --crl, --require-crl"};
      }};
}

/// What is measured into a register; PFP 1.06 section 3.3.4.
PolicyArea area_of_pcr(std::size_t index) {
  switch (index) {
    case 0:
      return PolicyArea::platform;
    case 7:
      return PolicyArea::secure_boot;
    case 2:
      return PolicyArea::drivers;
    case 4:
      return PolicyArea::applications;
    case 8:
    case 9:
    case 11:
    case 12:
      return PolicyArea::kernel;
    default:
      return PolicyArea::evidence;
  }
}

Result<HashAlgorithm> read_bank(const TomlItem& item) {
  const auto name = item.text();
  if (!name) return pass_on(name);
  const auto bank = bank_named(*name);
  if (!bank)
    return item.refuse(
        fmt::format("\"{}\": want \"sha1\", \"sha256\", \"sha384\" or \"sha512\"", *name));
  return *bank;
}

Result<PolicyRule> read_pcr_rule(HashAlgorithm bank, const TomlItem& item) {
  const std::string_view key = item.key();
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), index);
  if (error != std::errc() || end != key.data() + key.size() || index >= kPcrCount)
    return item.refuse("want the number of a register, 0 to 23");
  const auto allowed = read_digests(item);
  if (!allowed) return pass_on(allowed);
  for (const Digest& digest : *allowed)
    if (digest.algorithm() != bank)
      return item.refuse(fmt::format("want values of {} bytes", digest_size(bank)));
  return PolicyRule{
      fmt::format("policy.pcr/{}:{}", name_of(bank), index), area_of_pcr(index),
      PolicyScope::attestation,
      fmt::format("PCR {} of the {} bank is {}.", index, name_of(bank), one_of(show(*allowed))),
      [bank, index, allowed = *allowed](const PolicySubject& subject) {
        const PcrValues* values = find_bank(*subject.claims, bank);
        const auto found = values != nullptr ? values->values[index] : std::nullopt;
        return PolicyFinding{
            found && std::find(allowed.begin(), allowed.end(), *found) != allowed.end(),
            one_of(show(allowed)), found ? show(*found) : "not quoted",
            "something that is measured there changed: `assay eventlog show` lists it"};
      }};
}

}  // namespace

Result<std::vector<PolicyRule>> read_evidence_rules(std::span<const TomlItem> items,
                                                    EvidenceTerms& terms) {
  std::vector<PolicyRule> out;
  bool allow_sha1 = false, allow_emulated = false, allow_operator_trust = false,
       require_crl = false;
  std::int64_t minimum_nonce = kMinimumNonce;
  for (const TomlItem& item : items) {
    if (item.key() == "banks") {
      const auto elements = item.elements();
      if (!elements) return pass_on(elements);
      if (elements->empty()) return item.refuse("an empty list asks nothing");
      for (const TomlItem& element : *elements) {
        const auto bank = read_bank(element);
        if (!bank) return pass_on(bank);
        out.push_back(bank_rule(*bank));
      }
    } else if (item.key() == "only_bank") {
      const auto bank = read_bank(item);
      if (!bank) return pass_on(bank);
      out.push_back(only_bank_rule(*bank));
      terms.only_bank = *bank;
    } else if (item.key() == "minimum_nonce_bytes") {
      const auto bytes = item.integer(1);
      if (!bytes) return pass_on(bytes);
      if (*bytes > kLongestNonce)
        return item.refuse(fmt::format("no TPM answers more than {} bytes", kLongestNonce));
      minimum_nonce = *bytes;
    } else if (item.key() == "maximum_crl_age_hours") {
      const auto hours = item.integer(1);
      if (!hours) return pass_on(hours);
      if (*hours > kLongestListAge)
        return item.refuse(fmt::format("no list is used for {} hours", kLongestListAge));
      terms.revocation.max_age = std::chrono::hours(*hours);
    } else if (bool* const flag = item.key() == "allow_sha1"             ? &allow_sha1
                                  : item.key() == "allow_emulated"       ? &allow_emulated
                                  : item.key() == "require_crl"          ? &require_crl
                                  : item.key() == "allow_operator_trust" ? &allow_operator_trust
                                                                         : nullptr) {
      const auto said = item.boolean();
      if (!said) return pass_on(said);
      *flag = *said;
    } else {
      return item.refuse(
          "no such key: there is banks, only_bank, minimum_nonce_bytes, allow_sha1, "
          "allow_emulated, allow_operator_trust, require_crl, maximum_crl_age_hours");
    }
  }
  out.push_back(nonce_rule(static_cast<std::size_t>(minimum_nonce)));
  if (require_crl) terms.revocation.missing = RevocationTerms::Missing::refused;
  if (require_crl || terms.revocation.max_age) out.push_back(revocation_rule(terms.revocation));
  if (allow_sha1)
    terms.sha1 = Sha1::allowed;
  else
    out.push_back(no_sha1_rule());
  if (!allow_emulated) out.push_back(hardware_rule());
  if (!allow_operator_trust) out.push_back(vendor_rule());
  return out;
}

std::vector<PolicyRule> evidence_rules_of_other_policies() {
  return {no_sha1_rule(), hardware_rule(), vendor_rule()};
}

Result<std::vector<PolicyRule>> read_pcr_rules(const TomlItem& item) {
  const auto banks = item.members();
  if (!banks) return pass_on(banks);
  std::vector<PolicyRule> out;
  for (const TomlItem& bank_item : *banks) {
    const auto bank = allowed_bank(bank_item.key());
    if (!bank) return bank_item.refuse("want a table for sha1, sha256, sha384 or sha512");
    const auto registers = bank_item.members();
    if (!registers) return pass_on(registers);
    for (const TomlItem& one : *registers) {
      auto rule = read_pcr_rule(*bank, one);
      if (!rule) return pass_on(rule);
      out.push_back(std::move(*rule));
    }
  }
  return out;
}

}  // namespace assay
