// SPDX-License-Identifier: Apache-2.0
#include "cli/eventlog_explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/hex.h"
#include "boots/predicted_boot.h"
#include "cli/boot_causes.h"
#include "cli/boot_log.h"
#include "formats/pcr_text.h"
#include "host/file.h"
#include "verify/pcr_explanation.h"
#include "verify/register_layout.h"

namespace assay {

namespace {

constexpr std::size_t kMaxPcrText = 64 * 1024;

/// One register whose log ends at another value than the TPM holds.
struct Mismatch {
  std::uint32_t pcr;
  struct Values {
    HashAlgorithm bank;
    std::string log, tpm;  ///< hex
  };
  std::vector<Values> banks;  ///< the strongest first
  std::string why;            ///< told from the first bank
};

/// What the register would hold had the log's boot been made with Secure Boot off; nothing where
/// that cannot be told, or changes nothing.
std::optional<Digest> with_secure_boot_off(const ReplayedLog& replayed, HashAlgorithm bank,
                                           std::uint32_t pcr) {
  constexpr std::uint32_t kSecureBootPcr = 7;
  if (pcr != kSecureBootPcr || replayed.log->layout != RegisterLayout::tpm) return std::nullopt;
  PredictedBoot boot(replayed);
  if (!boot.secure_boot(PredictedBoot::SecureBootSwitch::off)) return std::nullopt;
  const auto predicted = BootLog::of("the log of that boot", boot.log());
  for (const ReplayedLog::Bank& other : predicted->replayed().banks)
    if (other.algorithm == bank) return other.pcrs[pcr];
  return std::nullopt;
}

/// The likeliest cause that makes the register fit, found by trying.
std::string likely_cause(const ReplayedLog& replayed, const Digest& held, std::uint32_t pcr) {
  if (with_secure_boot_off(replayed, held.algorithm(), pcr) == held)
    return "Secure Boot was switched off: it fits with the log's boot made with Secure Boot off, "
           "and without the events of the keys that vouched for what ran";
  return explain_mismatch(replayed, held, pcr);
}

/// A register that the log extends and whose value is another in some bank.  One that the log
/// never extends is the running system's, and no fault of the log.
std::optional<Mismatch> mismatch(const ReplayedLog& replayed, const std::vector<PcrValues>& tpm,
                                 std::uint32_t pcr) {
  Mismatch out{pcr, {}, {}};
  for (const ReplayedLog::Bank& bank : replayed.banks)
    for (const PcrValues& values : tpm) {
      const auto& held = values.values[pcr];
      if (values.bank != bank.algorithm || !held || bank.extends[pcr] == 0 ||
          *held == bank.pcrs[pcr])
        continue;
      if (out.banks.empty()) out.why = likely_cause(replayed, *held, pcr);
      out.banks.push_back({bank.algorithm, hex(bank.pcrs[pcr].bytes()), hex(held->bytes())});
    }
  if (out.banks.empty()) return std::nullopt;
  return out;
}

std::vector<Mismatch> mismatches(const ReplayedLog& replayed, const std::vector<PcrValues>& tpm) {
  std::vector<Mismatch> out;
  for (std::uint32_t pcr = 0; pcr < kPcrCount; ++pcr)
    if (auto found = mismatch(replayed, tpm, pcr)) out.push_back(std::move(*found));
  return out;
}

bool has_bank_of(const ReplayedLog& replayed, const std::vector<PcrValues>& tpm) {
  return std::any_of(tpm.begin(), tpm.end(), [&](const PcrValues& values) {
    return std::any_of(replayed.banks.begin(), replayed.banks.end(),
                       [&](const auto& bank) { return bank.algorithm == values.bank; });
  });
}

Result<std::vector<PcrValues>> read_pcrs(const std::string& path) {
  const auto text = read_file(path, kMaxPcrText);
  if (!text) return pass_on(text);
  return parse_pcr_text(path, as_text(*text));
}

void print_mismatches(const std::vector<Mismatch>& all, const BootLog& log, Io io) {
  const RegisterLayout layout = log.log().layout;
  const std::string_view holder = layout == RegisterLayout::tpm ? "TPM" : "TEE";
  if (all.empty()) {
    io.out << fmt::format(
        "The log ends at the values that the {} holds{}.\n", holder,
        log.verdict().accepted() ? "" : ", but was changed: see above what of it is not so");
    return;
  }
  std::vector<std::uint32_t> pcrs;
  for (const Mismatch& m : all) pcrs.push_back(m.pcr);
  io.out << fmt::format("The {} holds other values than the log gives in {}.\n", holder,
                        list_registers(pcrs, layout));
  constexpr std::size_t kMany = 4;
  if (all.size() >= kMany)
    io.out << "So many differ that the log is probably of another boot or another machine.\n";
  for (const Mismatch& m : all) {
    const Mismatch::Values& strongest = m.banks.front();
    std::string banks;
    for (const Mismatch::Values& v : m.banks)
      banks += fmt::format("{}{}", banks.empty() ? "" : ", ", name_of(v.bank));
    io.out << fmt::format(
        "{} ({})\n"
        "     the log gives  {}\n"
        "     the {} holds  {}\n"
        "     likely: {}\n",
        register_name(m.pcr, layout), banks, strongest.log, holder, strongest.tpm, m.why);
  }
}

json::array mismatches_json(const std::vector<Mismatch>& all) {
  json::array out;
  for (const Mismatch& m : all) {
    json::object banks;
    for (const Mismatch::Values& v : m.banks)
      banks[name_of(v.bank)] = json::object{{"log", v.log}, {"tpm", v.tpm}};
    out.push_back(json::object{{"register", m.pcr}, {"banks", banks}, {"likely", m.why}});
  }
  return out;
}

DiffWords diff_words(bool stand) {
  return {.same = stand ? "The boot measured the same as the good one." : kSameValuesAlone,
          .differs = "is not those of the good boot.  Likely causes:",
          .differ = "are not those of the good boot.  Likely causes:"};
}

}  // namespace

int run_eventlog_explain(const EventLogExplainOptions& options, Io io) {
  if (options.pcrs.empty() && options.good.empty()) {
    io.err << "assay eventlog explain: say what to hold the log against: --pcrs FILE with the "
              "TPM's values (tpm2_pcrread prints them), or --good LOG of a good boot\n";
    return kUsage;
  }
  const auto log = BootLog::read(options.log);
  if (!log) return explain(io, log.error());
  std::unique_ptr<BootLog> good;
  std::vector<const BootLog*> logs{log->get()};
  if (!options.good.empty()) {
    auto read = BootLog::read(options.good);
    if (!read) return explain(io, read.error());
    good = std::move(*read);
    logs.push_back(good.get());
  }
  const bool stand = all_stand(logs);
  const RefusalForm form = options.json ? RefusalForm::json : RefusalForm::text;
  if (!std::all_of(logs.begin(), logs.end(), [](const BootLog* l) { return l->is_whole(); }))
    return refuse(logs, form, io);
  const ReplayedLog& replayed = (*log)->replayed();
  json::object document = stand ? json::object() : contradictions_json(logs);
  if (!options.json) print_contradictions(logs, io);
  bool fits = true;
  if (!options.pcrs.empty()) {
    const auto tpm = read_pcrs(options.pcrs);
    if (!tpm) return explain_start(io, tpm.error());
    if (!has_bank_of(replayed, *tpm))
      return explain_start(io,
                           Error{Fault::malformed, options.pcrs,
                                 "has no bank that the log has too: there is nothing to compare"});
    const auto wrong = mismatches(replayed, *tpm);
    fits = wrong.empty();
    document["mismatches"] = mismatches_json(wrong);
    if (!options.json) print_mismatches(wrong, **log, io);
    if (!options.json && !wrong.empty() && !good)
      io.out << "The log of a good boot beside it tells more: --good LOG.\n";
  }
  if (good) {
    const auto diff = diff_boots(good->replayed(), replayed);
    if (!diff) return refuse(diff.error(), form, io);
    const auto causes = likely_causes(*diff);
    fits = fits && diff->pcrs.empty();
    for (auto& [name, value] : to_json(*diff, causes)) document[name] = value;
    if (!options.json) print_diff(*diff, causes, diff_words(stand), io);
  }
  if (options.json) io.out << pretty_json(document);
  return fits && stand ? kAccepted : kRejected;
}

}  // namespace assay
