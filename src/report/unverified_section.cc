// SPDX-License-Identifier: Apache-2.0
#include "report/unverified_section.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "verify/quote_checks.h"
#include "verify/replayed_log.h"

namespace assay {

namespace {

HtmlText item(std::string_view title, std::string_view text) {
  return element("li", {element("strong", {title}), " ", text});
}

/// "PCR 10, 11": in words.
std::string list_of(const std::vector<std::uint32_t>& registers) {
  std::string out = "PCR ";
  for (const std::uint32_t r : registers)
    out += fmt::format("{}{}", r == registers.front() ? "" : ", ", r);
  return out;
}

bool asked(const Verdict& verdict, std::string_view part_of_id) {
  return std::any_of(verdict.checks().begin(), verdict.checks().end(), [&](const Check& c) {
    return c.id.view().find(part_of_id) != std::string_view::npos &&
           c.verdict != CheckVerdict::absent;
  });
}

HtmlText policy_items(const VerifyReport& report) {
  if (!report.policy)
    return item("Whether you allow this machine.",
                "No policy was given. Authentic evidence of a machine with Secure Boot off, an old "
                "kernel or no confidential technology is accepted too.");
  const std::string open = report.open_areas.empty()
                               ? ""
                               : fmt::format(" It asks nothing about {}: any passes.",
                                             fmt::join(report.open_areas, ", "));
  return item("What the policy does not name.",
              "Only the rules under \"The policy\" were asked." + open);
}

/// Registers that were signed and that the log does not explain.
HtmlText unexplained(const Verdict& verdict) {
  std::set<std::string> told;
  for (const Check& c : verdict.checks())
    if (c.id.view().starts_with("eventlog.pcrs.explained") && c.verdict == CheckVerdict::absent)
      told.insert(c.got);
  HtmlText out;
  for (const std::string& text : told) out += item("Registers of the running system.", text + ".");
  return out;
}

/// What an IMA list in the evidence does not prove.
HtmlText of_ima(const ImaState& ima) {
  HtmlText out;
  if (ima.behind > 0)
    out += item("Entries of the IMA list behind the quote.",
                fmt::format("{} were added after the quote, or by whoever sent the list: no "
                            "register vouches for them.",
                            ima.behind));
  if (ima.violations > 0)
    out += item("Violations in the IMA list.",
                fmt::format("{} covered entries do not say what was measured: the file was open "
                            "for writing meanwhile.",
                            ima.violations));
  out +=
      item("Whether the files are good.",
           "The IMA list says which files the kernel measured, by digest. No digest was compared "
           "with reference values, no signature was checked.");
  return out;
}

HtmlText unquoted(const std::vector<PcrValues>& banks) {
  HtmlText out;
  for (const PcrValues& bank : banks) {
    std::vector<std::uint32_t> missing;
    for (std::uint32_t i = 0; i < kPcrCount; ++i)
      if (!bank.values[i]) missing.push_back(i);
    if (!missing.empty())
      out += item("Registers that were not quoted.",
                  fmt::format("{} of the {} bank: nothing is known of what they hold.",
                              list_of(missing), name_of(bank.bank)));
  }
  return out;
}

HtmlText uncovered(const Attestation& attestation) {
  const EventLogReading reading = read_event_log(attestation.event_log);
  const auto banks = banks_of(attestation.quotes);
  if (banks.empty()) return {};
  const ReplayedLog replayed = replay(reading.log, banks);
  const auto count = [&](DataTrust trust) {
    return std::count_if(replayed.events.begin(), replayed.events.end(),
                         [=](const JudgedEvent& e) { return e.trust == trust; });
  };
  HtmlText out;
  out +=
      item("Data that no digest covers.",
           fmt::format("{} of {} events describe a program, a file or a table that the log does "
                       "not hold: its digest is verified, its name, path, address and length are "
                       "not. Of {} more a prefix, a terminator or a name is not covered, and {} "
                       "are notes that no register records.",
                       count(DataTrust::elsewhere), replayed.events.size(), count(DataTrust::part),
                       count(DataTrust::unmeasured)));
  out += item("Types and order.",
              "The type of an event is not measured: it was believed only where its register may "
              "hold it and its digest does not belie it. The order between registers is the log's "
              "word.");
  return out;
}

HtmlText of_authentic(const VerifyReport& report, const VtpmClaims& claims) {
  const Verdict& verdict = report.outcome.verdict;
  HtmlText out = policy_items(report);
  constexpr std::size_t kFreshNonce = 16;
  if (report.nonce.size() < kFreshNonce)
    out += item("Whether the evidence is fresh.",
                fmt::format("The nonce has {} bytes. One of fewer than {} may have been asked for "
                            "before, and an old answer kept.",
                            report.nonce.size(), kFreshNonce));
  out += unquoted(claims.pcrs);
  out += unexplained(verdict);
  if (claims.ima) out += of_ima(*claims.ima);
  out += uncovered(*report.attestation);
  out += item("Whether the firmware is the maker's.",
              "Its version is what it measured of itself. No reference values of its maker (RIM, "
              "signed endorsement) were compared, nor were those of programs and drivers, beyond "
              "what a policy lists.");
  if (!asked(verdict, "tee."))
    out += item("The CPU's own evidence.",
                "The attestation has none (SEV-SNP, TDX). That the machine is confidential is the "
                "word of the provider's firmware and TPM.");
  if (!asked(verdict, "revo") && !asked(verdict, "crl"))
    out += item("Revocation.", "No list of revoked certificates was asked.");
  out += item("The machine after it booted.",
              "Registers record what was started. What those programs did later, and memory, are "
              "not in the evidence.");
  return out;
}

HtmlText of_rejected(const VerifyReport& report) {
  HtmlText out = item("Everything in the evidence.",
                      "It was rejected. Nothing that it says of a machine is stated in this report "
                      "as a fact, and no part of it should be used.");
  const bool skipped =
      std::any_of(report.outcome.verdict.checks().begin(), report.outcome.verdict.checks().end(),
                  [](const Check& c) { return c.verdict == CheckVerdict::not_checked; });
  if (skipped)
    out += item("Checks that could not be asked.",
                "An earlier part was missing or broken; they are marked \"not asked\" and count "
                "against the evidence.");
  out += item("Single checks that are ok.",
              "An \"ok\" beside a FAIL says that one thing holds. It does not make the rest true.");
  return out;
}

}  // namespace

HtmlText unverified_section(const VerifyReport& report) {
  const auto& claims = report.outcome.claims;
  return element("section",
                 {attr("id", "unverified"), element("h2", {"What is not verified"}),
                  element("ul", {attr("class", "unverified"),
                                 claims ? of_authentic(report, **claims) : of_rejected(report)})});
}

}  // namespace assay
