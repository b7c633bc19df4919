// SPDX-License-Identifier: Apache-2.0
#include "cli/policy_case.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/hex.h"
#include "cli/eventlog_file.h"
#include "cli/trust_option.h"
#include "host/file.h"
#include "policy/toml_item.h"
#include "services/revocation_files.h"

namespace assay {

namespace {

constexpr std::size_t kMaxCase = 64 * 1024;
constexpr std::size_t kMaxEvidence = 4 * kMaxAttestation;

/// Fills one member of a case.
Status read_member(const TomlItem& item, const std::filesystem::path& beside, PolicyCase& out) {
  if (item.key() == "trust" || item.key() == "crl" || item.key() == "failing") {
    auto texts = item.texts();
    if (!texts) return pass_on(texts);
    if (item.key() == "failing") {
      out.failing = std::move(*texts);
      std::sort(out.failing.begin(), out.failing.end());
      return {};
    }
    if (item.key() == "crl") {
      for (const std::string& name : *texts) out.crl.push_back(beside / name);
      return {};
    }
    for (const std::string& name : *texts)
      out.trust.push_back(name == "google" ? name : (beside / name).string());
    return {};
  }
  const auto text = item.text();
  if (!text) return pass_on(text);
  if (item.key() == "evidence") {
    out.evidence = beside / *text;
  } else if (item.key() == "ima_log") {
    out.ima_log = beside / *text;
  } else if (item.key() == "nonce") {
    auto nonce = parse_hex("nonce", *text);
    if (!nonce) return item.refuse(nonce.error().why);
    out.nonce = std::move(*nonce);
  } else if (item.key() == "now") {
    const auto now = parse_rfc3339("now", *text);
    if (!now) return item.refuse(now.error().why);
    out.now = *now;
  } else if (item.key() == "verdict") {
    if (*text != "accepted" && *text != "rejected")
      return item.refuse("want \"accepted\" or \"rejected\"");
    out.decision =
        *text == "accepted" ? PolicyCase::Decision::accepted : PolicyCase::Decision::rejected;
  } else {
    return item.refuse(
        "no such key: there is evidence, nonce, now, trust, crl, ima_log, verdict, failing");
  }
  return {};
}

AttestationFormat format_of(const std::filesystem::path& evidence) {
  if (evidence.extension() == ".json") return AttestationFormat::json;
  if (evidence.extension() == ".textproto") return AttestationFormat::textproto;
  return AttestationFormat::binarypb;
}

Result<VtpmOutcome> authenticate(const PolicyCase& one, const AppraisalPolicy& policy) {
  Trust trust;
  for (const std::string& name : one.trust) {
    const auto loaded = load_trust(name);
    if (!loaded) return pass_on(loaded);
    trust.anchors.insert(trust.anchors.end(), loaded->anchors.begin(), loaded->anchors.end());
  }
  const auto evidence = read_file(one.evidence, kMaxEvidence);
  if (!evidence) return pass_on(evidence);
  const auto attestation = parse_attestation(*evidence, format_of(one.evidence));
  if (!attestation) return pass_on(attestation);
  const auto revocation =
      RevocationFiles::read({.files = one.crl, .terms = policy.terms().revocation});
  if (!revocation) return pass_on(revocation);
  std::optional<Buffer> ima_list;
  if (!one.ima_log.empty()) {
    auto list = read_file(one.ima_log, kMaxLogFile);
    if (!list) return pass_on(list);
    ima_list = std::move(*list);
  }
  return authenticate_vtpm(*attestation, {.trust = trust,
                                          .nonce = one.nonce,
                                          .now = one.now,
                                          .revocation = &*revocation,
                                          .bank = policy.terms().only_bank,
                                          .sha1 = policy.terms().sha1,
                                          .ima_list = ima_list});
}

std::vector<std::string> failing_of(const Verdict& verdict) {
  std::vector<std::string> out;
  for (const Check& check : verdict.checks())
    if (check.verdict == CheckVerdict::fail || check.verdict == CheckVerdict::not_checked)
      out.push_back(check.id);
  std::sort(out.begin(), out.end());
  return out;
}

std::string_view name_of(PolicyCase::Decision decision) {
  return decision == PolicyCase::Decision::accepted ? "accepted" : "rejected";
}

std::string list(const std::vector<std::string>& ids) {
  return ids.empty() ? "nothing" : fmt::format("{}", fmt::join(ids, ", "));
}

}  // namespace

Result<PolicyCase> load_policy_case(const std::filesystem::path& file) {
  const auto bytes = read_file(file, kMaxCase);
  if (!bytes) return pass_on(bytes);
  const std::string where = file.string();
  const auto document = TomlItem::parse(where, as_text(*bytes));
  if (!document) return pass_on(document);
  const auto members = document->members();
  if (!members) return pass_on(members);
  PolicyCase out;
  out.name = file.stem().string();
  for (const TomlItem& member : *members)
    if (auto read = read_member(member, file.parent_path(), out); !read) return pass_on(read);
  for (const char* needed : {"evidence", "nonce", "now", "trust", "verdict"})
    if (std::none_of(members->begin(), members->end(),
                     [&](const TomlItem& m) { return m.key() == needed; }))
      return fail(Fault::malformed, where, fmt::format("without `{}`", needed));
  if ((out.decision == PolicyCase::Decision::accepted) != out.failing.empty())
    return fail(
        Fault::malformed, where,
        "a case that is rejected names what is `failing`, and one that is accepted does not");
  return out;
}

Result<PolicyCaseResult> decide_case(const PolicyCase& one, const AppraisalPolicy& policy) {
  const auto outcome = authenticate(one, policy);
  if (!outcome) return pass_on(outcome);
  const auto& claims = outcome->claims;
  if (!claims) {
    const Check* failure = outcome->verdict.first_failure();
    return PolicyCaseResult{
        false, fmt::format("the evidence is not authentic ({}), so the policy was not asked",
                           failure ? failure->id : "nothing was checked")};
  }
  const Verdict verdict = policy.appraise(*claims, one.now);
  const auto decision =
      verdict.accepted() ? PolicyCase::Decision::accepted : PolicyCase::Decision::rejected;
  const std::vector<std::string> failing = failing_of(verdict);
  if (decision == one.decision && failing == one.failing) return PolicyCaseResult{true, ""};
  return PolicyCaseResult{
      false, fmt::format("wanted {} with {} failing, got {} with {}", name_of(one.decision),
                         list(one.failing), name_of(decision), list(failing))};
}

}  // namespace assay
