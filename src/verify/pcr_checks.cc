// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <vector>

#include "base/counted.h"
#include "verify/pcr_explanation.h"
#include "verify/replayed_log.h"
#include "verify/systemd_phases.h"

namespace assay {

namespace {

const ReplayedLog::Bank& bank_of(const ReplayedLog& replayed, HashAlgorithm algorithm) {
  return *std::find_if(replayed.banks.begin(), replayed.banks.end(),
                       [=](const ReplayedLog::Bank& b) { return b.algorithm == algorithm; });
}

/// PCRs `pick` holds for.
template <class Predicate>
PcrMask pcrs_where(Predicate pick) {
  PcrMask out = 0;
  for (std::uint32_t pcr = 0; pcr < kPcrCount; ++pcr)
    if (pick(pcr)) out |= PcrMask{1} << pcr;
  return out;
}

/// Their numbers, in order.
std::vector<std::uint32_t> numbers(PcrMask pcrs) {
  std::vector<std::uint32_t> out;
  for (std::uint32_t pcr = 0; pcr < kPcrCount; ++pcr)
    if ((pcrs >> pcr & 1) != 0) out.push_back(pcr);
  return out;
}

/// "PCR 4, 5", or `none`.
CheckText show(PcrMask pcrs, CheckText none) {
  if (pcrs == 0) return none;
  return fmt::format("PCR {}", fmt::join(numbers(pcrs), ", "));
}

/// A PCR that nothing was extended into: zero, and of PCR 17 to 22 all ones until a dynamic launch.
/// PC Client Platform TPM Profile, table "PCR attributes".
bool is_initial(std::uint32_t pcr, const Digest& value) {
  const auto all_ones = [&] {
    const Bytes bytes = value.bytes();
    return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b == 0xFF; });
  };
  return value == Digest(value.algorithm()) || (pcr >= 17 && pcr <= 22 && all_ones());
}

/// An event in a PCR that the quote leaves out is a claim without a witness.
void check_quoted(const ReplayedLog::Bank& bank, const PcrValues& quoted, Verdict& verdict) {
  const PcrMask unquoted =
      pcrs_where([&](std::uint32_t pcr) { return bank.extends[pcr] != 0 && !quoted.values[pcr]; });
  verdict.require(check_id("eventlog.pcrs.quoted", bank.algorithm), unquoted == 0,
                  "every PCR that the log extends is in the quote", show(unquoted, "all quoted"),
                  "quote PCRs 0 to 23");
}

/// "The final value of each PCR, computed from the log, equals the PCR": PFP 1.06 section 10.
void check_replayed(const ReplayedLog& replayed, const ReplayedLog::Bank& bank,
                    const PcrValues& quoted, Verdict& verdict) {
  constexpr std::uint32_t kImagePcr = 11;
  PcrMask differ = pcrs_where([&](std::uint32_t pcr) {
    return bank.extends[pcr] != 0 && quoted.values[pcr] && *quoted.values[pcr] != bank.pcrs[pcr];
  });
  std::string got =
      fmt::format("{} PCRs replay",
                  std::popcount(pcrs_where([&](std::uint32_t p) { return bank.extends[p] != 0; })));
  // The running systemd says there how far it came; what the log says stays before it.
  const auto& image = quoted.values[kImagePcr];
  if (image && (differ >> kImagePcr & 1) != 0)
    if (const auto phases = phases_between(bank.pcrs[kImagePcr], *image)) {
      differ &= ~(PcrMask{1} << kImagePcr);
      got += fmt::format("; behind the log PCR {} has systemd's {}", kImagePcr, *phases);
    }
  if (differ != 0) {
    got.clear();
    for (const std::uint32_t pcr : numbers(differ)) {
      const auto& value = quoted.values[pcr];
      // Costly, and of one bank as good as of all.
      const bool explained = value && &bank == &replayed.banks.front();
      got +=
          fmt::format("{}PCR {} differs ({}): {}", got.empty() ? "" : "; ", pcr,
                      counted(bank.extends[pcr], "event"),
                      explained ? explain_mismatch(replayed, *value, pcr) : "as in the first bank");
    }
  }
  verdict.require(check_id("eventlog.pcrs.replayed", bank.algorithm), differ == 0,
                  "the log ends at the quoted value of each PCR it extends", std::move(got),
                  "send the log of this boot, whole and unchanged, with the quote");
}

/// Firmware and boot loader (PCR 0 to 9) log what they measure; a value without events was hidden.
void check_accounted(const ReplayedLog::Bank& bank, const PcrValues& quoted, PcrMask explained,
                     Verdict& verdict) {
  constexpr std::uint32_t kLastLoggedPcr = 9;
  const auto silent = [&](std::uint32_t pcr) {
    return bank.extends[pcr] == 0 && quoted.values[pcr] && !is_initial(pcr, *quoted.values[pcr]);
  };
  const PcrMask hidden =
      pcrs_where([&](std::uint32_t pcr) { return pcr <= kLastLoggedPcr && silent(pcr); });
  verdict.require(
      check_id("eventlog.pcrs.accounted", bank.algorithm), hidden == 0,
      "no measurement in PCR 0 to 9 without its event", show(hidden, "all have events or none"),
      "the log lacks events: boot so that firmware and boot loader log what they measure");
  const PcrMask unexplained =
      pcrs_where([&](std::uint32_t pcr) { return pcr > kLastLoggedPcr && silent(pcr); }) &
      ~explained;
  std::string id = check_id("eventlog.pcrs.explained", bank.algorithm);
  if (unexplained == 0)
    verdict.require(std::move(id), true, "no measurement without its event",
                    "all have events or none");
  else
    verdict.absent(
        std::move(id),
        std::string(show(unexplained, "")) +
            ": extended by the running system (PCR 10 by IMA), not in this log, not used");
}

}  // namespace

void note_silence(ReplayedLog& replayed, const PcrValues& quoted) {
  const ReplayedLog::Bank& bank = bank_of(replayed, quoted.bank);
  for (std::uint32_t pcr = 0; pcr < kPcrCount; ++pcr) {
    const auto& value = quoted.values[pcr];
    if (!value || (bank.extends[pcr] == 0 && !is_initial(pcr, *value))) replayed.silent.set(pcr);
  }
}

void check_pcrs(const ReplayedLog& replayed, const PcrValues& quoted, PcrMask explained,
                Verdict& verdict) {
  const ReplayedLog::Bank& bank = bank_of(replayed, quoted.bank);
  check_quoted(bank, quoted, verdict);
  check_replayed(replayed, bank, quoted, verdict);
  check_accounted(bank, quoted, explained, verdict);
}

}  // namespace assay
