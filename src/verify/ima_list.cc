// SPDX-License-Identifier: Apache-2.0
#include "verify/ima_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/counted.h"
#include "formats/bank.h"
#include "formats/log_kind.h"

namespace assay {
namespace {

constexpr const char* kChecks[] = {"ima.list.format",   "ima.pcrs.quoted",   "ima.hashes.measured",
                                   "ima.pcrs.replayed", "ima.pcrs.strength", "ima.boot.aggregate"};
constexpr std::string_view kReadAgain =
    "read ascii_ or binary_runtime_measurements after the quote was made, and send it whole";

/// What a list says of itself, all of it: nothing of this is measured yet.
struct Reading {
  ImaFormat format = ImaFormat::binary;
  std::uint64_t entries = 0;
  PcrMask registers = 0;
  std::vector<std::uint64_t> violations;  ///< numbers of entries
  std::optional<Error> error;

  [[nodiscard]] std::uint64_t violations_before(std::uint64_t entry) const {
    return static_cast<std::uint64_t>(
        std::lower_bound(violations.begin(), violations.end(), entry) - violations.begin());
  }
};

Reading read_list(Bytes list) {
  Reading out;
  if (list.empty()) return out;  // a kernel without IMA's policy has one
  const auto kind = recognise_log(list);
  if (!kind || (*kind != LogKind::ima_binary && *kind != LogKind::ima_ascii)) {
    out.error = kind ? Error{Fault::malformed, "ima.list",
                             fmt::format("a log of another kind ({})", name_of(*kind))}
                     : kind.error();
    return out;
  }
  if (*kind == LogKind::ima_ascii) out.format = ImaFormat::ascii;
  ImaReader reader(out.format, list);
  for (; reader.next(); ++out.entries) {
    out.registers |= PcrMask{1} << reader.entry().pcr;
    if (reader.entry().violation) out.violations.push_back(out.entries);
  }
  out.error = reader.error();
  return out;
}

/// Every value that the match compares must have been signed.
void check_quoted(PcrMask registers, std::span<const PcrValues> quoted, Verdict& verdict) {
  for (const PcrValues& values : quoted) {
    std::string missing;
    for (std::size_t pcr = 0; pcr < kPcrCount; ++pcr)
      if ((registers >> pcr & 1) != 0 && !values.values[pcr])
        missing += fmt::format("{}PCR {}", missing.empty() ? "" : ", ", pcr);
    verdict.require(check_id("ima.pcrs.quoted", values.bank), missing.empty(),
                    "PCR 10 and every register that the list extends is in the quote",
                    missing.empty() ? "all quoted" : missing + " is not", "quote PCRs 0 to 23");
  }
}

std::string list_of(const std::vector<HashAlgorithm>& banks) {
  std::string out;
  for (const HashAlgorithm bank : banks)
    out += fmt::format("{}{}", out.empty() ? "" : ", ", name_of(bank));
  return out;
}

/// "sha256, sha1; padded SHA-1 in sha384".
std::string bank_words(const ImaState& state) {
  std::string out = state.banks.empty() ? "none" : list_of(state.banks);
  if (!state.padded.empty()) out += "; padded SHA-1 in " + list_of(state.padded);
  return out;
}

/// A second list with the same SHA-1 hashes can be made: what is padded is no better than that.
void check_strength(const ImaState& state, Sha1 sha1, Verdict& verdict) {
  const bool strong = std::any_of(state.banks.begin(), state.banks.end(),
                                  [](HashAlgorithm b) { return b != HashAlgorithm::sha1; });
  verdict.require(
      "ima.pcrs.strength", strong || sha1 == Sha1::allowed,
      sha1 == Sha1::allowed ? "any bank: SHA-1 is allowed" : "a bank that holds better than SHA-1",
      bank_words(state),
      "this kernel extends its SHA-1 hashes with zeros (Linux before 5.8, or without the bank's "
      "algorithm at boot): take a newer one, or allow SHA-1 by name");
}

void check_aggregate(ImaState& state, Bytes list, ImaFormat format,
                     std::span<const PcrValues> quoted, Verdict& verdict) {
  ImaReader reader(format, list);
  if (state.entries == 0 || !reader.next()) {
    verdict.absent("ima.boot.aggregate", "the quote covers no entry");
    return;
  }
  state.boot_aggregate = check_boot_aggregate(reader.entry(), quoted);
  if (state.boot_aggregate == BootAggregate::no_bank) {
    verdict.absent("ima.boot.aggregate", "it is of a bank that is not quoted");
    return;
  }
  verdict.require("ima.boot.aggregate",
                  state.boot_aggregate == BootAggregate::pcrs_0_to_7 ||
                      state.boot_aggregate == BootAggregate::pcrs_0_to_9,
                  "boot_aggregate, the first entry, the hash of the quoted PCR 0 to 7 or 0 to 9",
                  std::string(name_of(state.boot_aggregate)),
                  "the list is of another boot, or PCR 0 to 9 were extended behind it");
}

std::vector<HashAlgorithm> banks_of(std::span<const PcrValues> quoted) {
  std::vector<HashAlgorithm> out;
  for (const HashAlgorithm bank : kBanksStrongestFirst)
    if (std::any_of(quoted.begin(), quoted.end(),
                    [=](const PcrValues& q) { return q.bank == bank; }))
      out.push_back(bank);
  return out;
}

}  // namespace

std::optional<ImaState> check_ima_list(Bytes list, std::span<const PcrValues> quoted, Sha1 sha1,
                                       Verdict& verdict) {
  if (quoted.empty()) {
    verdict.not_checked_from(kChecks, kChecks[0], "no quote");
    return std::nullopt;
  }
  const Reading reading = read_list(list);
  if (!verdict.require(
          "ima.list.format", !reading.error, "an IMA measurement list",
          reading.error ? to_string(*reading.error) : counted(reading.entries, "entry", "entries"),
          kReadAgain)) {
    verdict.not_checked_from(kChecks, kChecks[1], "the IMA measurement list is unreadable");
    return std::nullopt;
  }
  check_quoted(reading.registers | PcrMask{1} << kImaPcr, quoted, verdict);

  const std::vector<HashAlgorithm> banks = banks_of(quoted);
  ImaProgress progress(banks);
  progress.replay.compare_also(reading.registers);
  const ImaMatch match = ima_prefix_match(progress, reading.format, list, quoted);
  verdict.require("ima.hashes.measured", !match.edited,
                  "every template hash that of its template data",
                  match.edited ? match.why : "as the entries say",
                  "the list was changed after it was measured");
  if (!verdict.require("ima.pcrs.replayed", match.matched,
                       "the list, or its beginning, ends at the quoted values in every bank",
                       match.matched ? fmt::format("{} of {}", match.entries,
                                                   counted(reading.entries, "entry", "entries"))
                                     : match.why,
                       "send the list of this boot, unchanged, read after the quote was made")) {
    verdict.not_checked_from(kChecks, "ima.pcrs.strength", "no quote covers the list");
    return std::nullopt;
  }

  ImaState out{.entries = match.entries,
               .behind = reading.entries - match.entries,
               .violations = reading.violations_before(match.entries),
               .registers = reading.registers,
               .padded = match.padded};
  std::copy_if(banks.begin(), banks.end(), std::back_inserter(out.banks), [&](HashAlgorithm bank) {
    return std::find(out.padded.begin(), out.padded.end(), bank) == out.padded.end();
  });
  check_strength(out, sha1, verdict);
  check_aggregate(out, list, reading.format, quoted, verdict);
  return out;
}

std::string describe(const ImaState& state) {
  std::string out = counted(state.entries, "entry", "entries") + " covered";
  if (state.violations > 0) out += fmt::format(", {} of them violations", state.violations);
  if (state.behind > 0) out += fmt::format(", {} behind the quote", state.behind);
  return out + " (" + bank_words(state) + ")";
}

json::object to_json(const ImaState& state) {
  const auto names = [](const std::vector<HashAlgorithm>& banks) {
    json::array out;
    for (const HashAlgorithm bank : banks) out.emplace_back(name_of(bank));
    return out;
  };
  const bool of_boot = state.boot_aggregate == BootAggregate::pcrs_0_to_7 ||
                       state.boot_aggregate == BootAggregate::pcrs_0_to_9;
  return {{"entries", state.entries},
          {"behind", state.behind},
          {"violations", state.violations},
          {"banks", names(state.banks)},
          {"padded", names(state.padded)},
          {"boot_aggregate",
           of_boot ? json::value(name_of(state.boot_aggregate)) : json::value(nullptr)}};
}

}  // namespace assay
