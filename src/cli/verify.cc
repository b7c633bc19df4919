// SPDX-License-Identifier: Apache-2.0
#include "cli/verify.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>

#include "base/counted.h"
#include "base/hex.h"
#include "cli/eventlog_file.h"
#include "cli/now_option.h"
#include "cli/policy_file.h"
#include "cli/trust_option.h"
#include "cli/verify_html.h"
#include "formats/attestation.h"
#include "host/file.h"
#include "services/trusted_key_files.h"
#include "verify/vtpm.h"

namespace assay {

namespace {

/// The text form of the largest attestation.
constexpr std::size_t kMaxInput = 4 * kMaxAttestation;

/// 128 bits: nobody foresees so many, and no two requests share them.
constexpr std::size_t kMinimumNonce = 16;

int wrong_option(Io io, std::string_view option, std::string_view why) {
  io.err << fmt::format("assay: {}: {}\n", option, why);
  return kUsage;
}

/// What the options name, read and understood, or the exit code with which to give up.
struct Asked {
  AttestationFormat format;
  Buffer nonce;
  Instant now;
};

tl::expected<Asked, int> understand(const VerifyOptions& options, Io io) {
  const auto format = attestation_format(options.format);
  if (!format)
    return tl::unexpected(wrong_option(io, "--format", "want binarypb, textproto or json"));
  auto nonce = parse_hex("--nonce", options.nonce);
  if (!nonce) return tl::unexpected(wrong_option(io, "--nonce", nonce.error().why));
  const auto now = judged_time(options.now);
  if (!now) return tl::unexpected(wrong_option(io, "--now", now.error().why));
  return Asked{*format, std::move(*nonce), *now};
}

Result<Trust> read_trust(const std::vector<std::string>& names) {
  Trust out;
  for (const std::string& name : names) {
    const auto one = load_trust(name);
    if (!one) return pass_on(one);
    out.anchors.insert(out.anchors.end(), one->anchors.begin(), one->anchors.end());
  }
  return out;
}

/// The evidence, or why it is none, by the name of its file.
Result<Attestation> read_attestation(Bytes input, AttestationFormat format,
                                     const VerifyOptions& options) {
  const std::string where = options.input == "-" ? "standard input" : options.input;
  if (input.empty()) return fail(Fault::malformed, where, "is empty: there is no evidence in it");
  auto attestation = parse_attestation(input, format);
  if (attestation) return attestation;
  return fail(attestation.error().fault, where,
              fmt::format("{} (read as {}; --format names other forms)",
                          to_string(attestation.error()), options.format));
}

/// The policy that was named, if one was.
Result<std::optional<AppraisalPolicy>> read_policy(const std::string& name) {
  if (name.empty()) return std::optional<AppraisalPolicy>();
  auto policy = load_appraisal_policy(name);
  if (!policy) return pass_on(policy);
  return std::optional(std::move(*policy));
}

Sha1 sha1_of(const VerifyOptions& options, const std::optional<AppraisalPolicy>& policy) {
  if (options.allow_sha1) return Sha1::allowed;
  return policy ? policy->terms().sha1 : Sha1::refused;
}

/// The IMA list that was named, if one was.
Result<std::optional<Buffer>> read_ima_list(const std::string& name) {
  if (name.empty()) return std::optional<Buffer>();
  auto list = read_file(name, kMaxLogFile);
  if (!list) return pass_on(list);
  return std::optional(std::move(*list));
}

/// What any machine passes whose evidence is authentic.
void print_unasked(const std::optional<AppraisalPolicy>& rules, Io io) {
  if (!rules) {
    io.out << "  (no --policy says what the machine must be)\n";
    return;
  }
  if (const auto open = rules->open_areas(); !open.empty())
    io.out << fmt::format("  (the policy asks nothing about {}: any passes)\n",
                          fmt::join(open, ", "));
}

/// On standard output, unless the report goes there.
void print_outcome(const VerifyOptions& options, const std::optional<AppraisalPolicy>& rules,
                   const VtpmOutcome& outcome, Io io) {
  if (options.html == "-") return;
  if (options.json) {
    io.out << pretty_json(verdict_json(outcome));
    return;
  }
  print_verdict(outcome.verdict, options.shown, io);
  if (options.shown == ShownChecks::remarkable)
    io.out << "  (--all lists the checks that passed)\n";
  if (outcome.claims) print_unasked(rules, io);
  if (outcome.claims) print_claims(**outcome.claims, io);
}

/// A challenge that can be guessed or met again proves no freshness.  Told, not refused: gotpm
/// takes any nonce, and its recorded attestations have short ones.
void warn_of_short_nonce(Bytes nonce, Io io) {
  if (nonce.empty() || nonce.size() >= kMinimumNonce) return;
  io.err << fmt::format(
      "assay: warning: --nonce has {}: it proves freshness only if nobody could foresee it, "
      "so use {} random bytes or more\n",
      counted(nonce.size(), "byte"), kMinimumNonce);
}

}  // namespace

int run_verify(const VerifyOptions& options, Io io) {
  const auto asked = understand(options, io);
  if (!asked) return asked.error();
  if (options.json && options.html == "-")
    return wrong_option(io, "--html", "\"-\" and --json cannot share standard output");
  if (!options.trust.empty() && !options.trust_ak.empty())
    return wrong_option(io, "--trust-ak",
                        "a key is trusted itself or by its certificate (--trust): "
                        "give one of the two");
  if (!options.trust_ak.empty() && options.revocation.asked())
    return wrong_option(io, "--crl",
                        "no CA stands behind a key that is trusted itself (--trust-ak)");
  const auto trust = read_trust(options.trust);
  if (!trust) return explain_start(io, trust.error());
  const auto policy = read_policy(options.policy);
  if (!policy) return explain_start(io, policy.error());
  const std::optional<AppraisalPolicy>& rules = *policy;
  const auto keys = TrustedKeyFiles::read({options.trust_ak.begin(), options.trust_ak.end()});
  if (!keys) return explain_start(io, keys.error());
  if (!options.trust_ak.empty() && keys->keys().empty())
    return explain(io, Error{Fault::unavailable, options.trust_ak.front(), "holds no key"});
  const auto revocation = RevocationFiles::read(revocation_settings(options.revocation, rules));
  if (!revocation) return explain_start(io, revocation.error());
  if (options.ima_log == "-" && options.input == "-")
    return wrong_option(io, "--ima-log", "\"-\" is the attestation: name it with --input");
  const auto ima_list = read_ima_list(options.ima_log);
  if (!ima_list) return explain(io, ima_list.error());
  const auto input = read_file(options.input, kMaxInput);
  if (!input) return explain(io, input.error());
  const auto attestation = read_attestation(*input, asked->format, options);
  if (attestation) warn_of_short_nonce(asked->nonce, io);
  VtpmOutcome outcome;
  if (attestation)
    outcome =
        authenticate_vtpm(*attestation, {.trust = *trust,
                                         .nonce = asked->nonce,
                                         .now = asked->now,
                                         .keys = keys->keys(),
                                         .revocation = &*revocation,
                                         .bank = rules ? rules->terms().only_bank : std::nullopt,
                                         .sha1 = sha1_of(options, rules),
                                         .ima_list = *ima_list});
  if (rules && outcome.claims) outcome.verdict.append(rules->appraise(*outcome.claims, asked->now));
  const JudgedEvidence judged{*input,      asked->nonce,
                              asked->now,  trust->anchors.size(),
                              *ima_list,   rules ? rules->open_areas() : std::vector<std::string>(),
                              attestation, outcome};
  // The report is there before the answer is: whoever saw the answer can file it.
  if (const auto failed = write_html_report(options, judged, io)) return *failed;
  if (!attestation) {
    if (options.json) io.out << pretty_json(unreadable_json(attestation.error()));
    return explain(io, attestation.error());
  }
  print_outcome(options, rules, outcome, io);
  return outcome.verdict.accepted() ? kAccepted : kRejected;
}

}  // namespace assay
