// SPDX-License-Identifier: Apache-2.0
#include "cli/verify_html.h"

#include "base/hex.h"
#include "cli/version.h"
#include "host/file.h"
#include "report/verify_report.h"

namespace assay {

namespace {

/// The command with everything that it would take from elsewhere, as the clock, spelt out.
std::vector<std::string> command_of(const VerifyOptions& options, const JudgedEvidence& judged) {
  std::vector<std::string> out{"assay", "verify"};
  const auto add = [&out](const char* flag, std::string value) {
    out.emplace_back(flag);
    out.push_back(std::move(value));
  };
  add("--input", options.input);
  if (options.format != VerifyOptions().format) add("--format", options.format);
  if (!judged.nonce.empty()) add("--nonce", hex(judged.nonce));
  for (const std::string& name : options.trust) add("--trust", name);
  for (const std::string& name : options.trust_ak) add("--trust-ak", name);
  for (const std::string& name : options.revocation.crl) add("--crl", name);
  if (options.revocation.require_crl) out.emplace_back("--require-crl");
  if (options.revocation.crl_max_age > 0)
    add("--crl-max-age", std::to_string(options.revocation.crl_max_age));
  if (options.allow_sha1) out.emplace_back("--allow-sha1");
  if (!options.ima_log.empty()) add("--ima-log", options.ima_log);
  if (!options.policy.empty()) add("--policy", options.policy);
  add("--now", rfc3339(judged.now));
  return out;
}

}  // namespace

std::optional<int> write_html_report(const VerifyOptions& options, const JudgedEvidence& judged,
                                     Io io) {
  if (options.html.empty()) return std::nullopt;
  const VerifyReport report{
      .version = kVersion,
      .file = options.input,
      .format = options.format,
      .evidence = judged.evidence,
      .nonce = judged.nonce,
      .trust = options.trust,
      .anchor_count = judged.anchor_count,
      .trusted_keys = options.trust_ak,
      .revocation_lists = options.revocation.crl,
      .ima_log = options.ima_log,
      .ima_list = judged.ima_list,
      .now = judged.now,
      .judged_by = options.now.empty() ? JudgedBy::system_clock : JudgedBy::given_time,
      .command = command_of(options, judged),
      .policy = options.policy.empty() ? std::nullopt : std::optional(options.policy),
      .open_areas = judged.open_areas,
      .attestation = judged.attestation,
      .outcome = judged.outcome};
  const std::string page = verify_report(report);
  if (options.html == "-") {
    io.out << page;
    return std::nullopt;
  }
  const auto written = write_file(options.html, as_bytes(page), FileAccess::everybody);
  if (!written) return explain(io, written.error());
  return std::nullopt;
}

}  // namespace assay
