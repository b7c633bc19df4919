// SPDX-License-Identifier: Apache-2.0
#include "verify/canonical_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "verify/cel_replay.h"

namespace assay {
namespace {

const CelReplay::Bank& bank_of(const CelReplay& replayed, HashAlgorithm algorithm) {
  return *std::find_if(replayed.banks.begin(), replayed.banks.end(),
                       [=](const CelReplay::Bank& b) { return b.algorithm == algorithm; });
}

std::string named(const char* id, HashAlgorithm bank) {
  return fmt::format("{}/{}", id, name_of(bank));
}

/// The quoted value of a register, if it is a PCR that was quoted.
const Digest* quoted_value(const PcrValues& quoted, CelRegister where) {
  if (where.kind != CelRegister::Kind::pcr || where.index >= kPcrCount) return nullptr;
  const auto& value = quoted.values[where.index];
  return value ? &*value : nullptr;
}

}  // namespace

void check_cel_pcrs(const CelReplay& replayed, const PcrValues& quoted, Verdict& verdict) {
  const CelReplay::Bank& bank = bank_of(replayed, quoted.bank);
  verdict.require(named("cel.digests.present", quoted.bank), bank.lacking.empty(),
                  "a digest of this bank in every record",
                  bank.lacking.empty() ? "all have one"
                                       : fmt::format("record {} has none", bank.lacking.front()),
                  "quote only banks that the canonical log has digests of");
  std::string unquoted, differs;
  for (const CelReplay::Value& value : bank.values) {
    const Digest* wanted = quoted_value(quoted, value.where);
    if (wanted == nullptr)
      unquoted += (unquoted.empty() ? "" : ", ") + to_string(value.where);
    else if (*wanted != value.value)
      differs += fmt::format("{}{} differs ({} records)", differs.empty() ? "" : ", ",
                             to_string(value.where), value.extends);
  }
  verdict.require(named("cel.pcrs.quoted", quoted.bank), unquoted.empty(),
                  "every register that the canonical log extends is in the quote",
                  unquoted.empty() ? "all quoted" : unquoted + " is not", "quote PCRs 0 to 23");
  verdict.require(
      named("cel.pcrs.replayed", quoted.bank), differs.empty(),
      "the canonical log ends at the quoted value of each PCR it extends",
      differs.empty() ? fmt::format("{} registers replay", bank.values.size()) : differs,
      "send the canonical log of this boot, whole and unchanged, with the quote");
}

std::optional<CosState> check_canonical_log(Bytes log, std::span<const PcrValues> quoted,
                                            Verdict& verdict) {
  if (log.empty()) {
    verdict.absent("cel.log.format", "no canonical event log");
    return std::nullopt;
  }
  const auto parsed = parse_cel(CelEncoding::tlv, log);
  if (!verdict.require(
          "cel.log.format", parsed.has_value(), "a canonical event log in TLV",
          parsed ? fmt::format("{} records", parsed->records.size()) : to_string(parsed.error()),
          "send the launcher's log whole and unchanged"))
    return std::nullopt;
  std::vector<HashAlgorithm> banks;
  for (const PcrValues& values : quoted)
    if (std::find(banks.begin(), banks.end(), values.bank) == banks.end())
      banks.push_back(values.bank);
  const CelReplay replayed = replay(*parsed, banks);
  for (const PcrValues& values : quoted) check_cel_pcrs(replayed, values, verdict);
  return read_cos(*parsed, kCosPcr, verdict);
}

}  // namespace assay
