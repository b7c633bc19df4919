// SPDX-License-Identifier: Apache-2.0
#include "report/report_decision.h"

#include <fmt/format.h>

#include <algorithm>

namespace assay {

namespace {

struct Reason {
  std::string_view prefix;  ///< of check ids; the first that fits counts
  std::string_view words;
};

constexpr Reason kReasons[] = {
    {"tpm.quote.nonce",
     "it was not made for the nonce that was asked for, so it may be old or meant for another"},
    {"tpm.quote.signature", "a quote is not signed by the attestation key"},
    {"tpm.quotes.signer", "its quotes are not all of one key"},
    {"tpm.quotes.boot", "its quotes are not all of one boot"},
    {"tpm.quote.pcrs", "its register values are not those that the TPM signed"},
    {"tpm.quotes.present", "it has no quote of a TPM"},
    {"tpm.", "the TPM's quotes do not hold"},
    {"ak.certificate.chain", "no trusted CA vouches for its attestation key"},
    {"ak.certificate.validity",
     "the certificate of its attestation key is not valid at the time it was judged at"},
    {"ak.certificate.present", "its attestation key has no certificate"},
    {"ak.instance.production", "its machine is not a production instance"},
    {"ak.revocation.",
     "the certificate of its attestation key is revoked, or nobody could tell that it is not"},
    {"ak.", "its attestation key cannot be believed"},
    {"eventlog.log.present", "it has no log of the boot"},
    {"eventlog.pcrs.", "its log of the boot is not what the TPM's registers recorded"},
    {"eventlog.", "its log of the boot is broken or was changed"},
    {"boot.", "the boot that it tells of is contradictory or incomplete"},
    {"cel.", "its log of the container cannot be believed"},
    {"tee.", "it has evidence of the CPU that this version cannot judge"},
    {"policy.", "the machine is not what the policy asks for"},
};

std::string_view reason_of(std::string_view id) {
  for (const Reason& r : kReasons)
    if (id.starts_with(r.prefix)) return r.words;
  return "a check does not hold";
}

/// Why, each reason once: of what failed; of what could not be asked only where nothing failed.
std::vector<std::string_view> reasons_of(const Verdict& verdict) {
  std::vector<std::string_view> out;
  for (const CheckVerdict wanted : {CheckVerdict::fail, CheckVerdict::not_checked}) {
    for (const Check& c : verdict.checks()) {
      if (c.verdict != wanted) continue;
      const std::string_view reason = reason_of(c.id);
      if (std::find(out.begin(), out.end(), reason) == out.end()) out.push_back(reason);
    }
    if (!out.empty()) break;
  }
  return out;
}

std::string joined(const std::vector<std::string_view>& reasons) {
  std::string out;
  for (std::size_t i = 0; i < reasons.size(); ++i) {
    const bool last = i > 0 && i + 1 == reasons.size();
    out += fmt::format("{}{}", i == 0 ? "" : last ? ", and " : ", ", reasons[i]);
  }
  return out;
}

}  // namespace

ReportDecision decision_of(const VerifyReport& report) {
  const Verdict& verdict = report.outcome.verdict;
  if (!report.attestation)
    return {false, "Rejected", "The evidence is no attestation that can be read."};
  if (!verdict.accepted()) {
    const auto reasons = reasons_of(verdict);
    if (report.outcome.claims)
      return {false, "Rejected",
              fmt::format("The evidence is authentic, but {}.", joined(reasons))};
    return {false, "Rejected",
            reasons.empty()
                ? "Nothing could be checked."
                : fmt::format("The evidence is not to be believed: {}.", joined(reasons))};
  }
  constexpr std::string_view kAuthentic =
      "The evidence is authentic: the key of the machine's TPM is trusted, the TPM signed its "
      "registers for this nonce, and the log of the boot ends at what it signed";
  if (!report.policy)
    return {true, "Accepted",
            fmt::format("{}. No policy was given: whether this machine is one that you allow was "
                        "not asked.",
                        kAuthentic)};
  return {true, "Accepted",
          fmt::format("{}. The machine is what the policy asks for.", kAuthentic)};
}

}  // namespace assay
