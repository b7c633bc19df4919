// SPDX-License-Identifier: Apache-2.0
#include "report/verify_report.h"

#include <fmt/format.h>

#include "base/hex.h"
#include "crypto/hash.h"
#include "report/boot_section.h"
#include "report/check_section.h"
#include "report/container_section.h"
#include "report/html.h"
#include "report/machine_section.h"
#include "report/report_decision.h"
#include "report/report_mark.h"
#include "report/report_style.h"
#include "report/shell_command.h"
#include "report/unverified_section.h"

namespace assay {

namespace {

HtmlText code(std::string_view text) { return element("code", {text}); }

HtmlText line(std::string_view label, const HtmlText& value) {
  return element("tr", {element("th", {attr("scope", "row"), label}), element("td", {value})});
}
HtmlText line(std::string_view label, std::string_view value) {
  return line(label, html_escape(value));
}

std::string shown_name(const VerifyReport& report) {
  return report.file == "-" ? "standard input" : report.file;
}

HtmlText code_list(const std::vector<std::string>& texts) {
  HtmlText out;
  for (const std::string& text : texts) out += join({out.empty() ? "" : ", ", code(text)});
  return out;
}

HtmlText trust_words(const VerifyReport& report) {
  if (!report.trusted_keys.empty())
    return join({code_list(report.trusted_keys), " (an attestation key that is trusted itself)"});
  if (report.trust.empty())
    return html_escape("nobody: no --trust was given, so nothing can be accepted");
  HtmlText out;
  for (const std::string& name : report.trust)
    out += join({out.empty() ? "" : ", ", code(name),
                 name == "google" ? " (keys in the program)" : " (file)"});
  out += html_escape(fmt::format("; {} CA keys", report.anchor_count));
  return out;
}

HtmlText judged_table(const VerifyReport& report) {
  HtmlText rows = line(
      "Evidence", join({code(shown_name(report)),
                        fmt::format(" ({} bytes, {})", report.evidence.size(), report.format)}));
  rows += line("SHA-256 of the evidence", code(sha256_hex(report.evidence)));
  rows += line("Nonce asked for",
               report.nonce.empty() ? html_escape("none was given") : code(hex(report.nonce)));
  rows += line("Trusted to vouch", trust_words(report));
  if (!report.revocation_lists.empty())
    rows += line("Revocation lists", code_list(report.revocation_lists));
  if (report.ima_list) {
    rows += line("IMA list", join({code(report.ima_log == "-" ? "standard input" : report.ima_log),
                                   fmt::format(" ({} bytes)", report.ima_list->size())}));
    rows += line("SHA-256 of the IMA list", code(sha256_hex(*report.ima_list)));
  }
  rows += line("Policy", report.policy ? code(*report.policy) : html_escape("none was given"));
  rows += line("Judged as of",
               join({element("time", {attr("datetime", rfc3339(report.now)), rfc3339(report.now)}),
                     report.judged_by == JudgedBy::given_time ? " (given with --now)"
                                                              : " (the clock of the verifier)"}));
  rows += line("Judged by", report.version);
  return element("table", {attr("class", "facts"), element("tbody", {rows})});
}

HtmlText link(HtmlLiteral target, std::string_view words) {
  return element("li", {element("a", {attr("href", target.text()), words})});
}

HtmlText contents(const VerifyReport& report) {
  HtmlText links;
  if (report.outcome.claims) links += link("#machine", "The machine");
  if (report.attestation)
    links += join({link("#checks", "The checks"), link("#boot", "The boot, event by event")});
  if (report.attestation && !report.attestation->canonical_event_log.empty())
    links += link("#container", "The container");
  links += link("#unverified", "What is not verified");
  links += link("#again", "The same verdict again");
  return element("nav", {attr("aria-label", "Contents"), element("ul", {links})});
}

HtmlText head_of_page(const VerifyReport& report, const ReportDecision& decision) {
  const CheckVerdict mark = decision.accepted ? CheckVerdict::pass : CheckVerdict::fail;
  HtmlText words = element("h1", {decision_mark(mark), " ", decision.headline});
  words += element("p", {decision.because});
  if (report.attestation)
    words +=
        element("p", {attr("class", "counts"), "Checks: " + check_counts(report.outcome.verdict)});
  return element(
      "header",
      {element("p", {attr("class", "kicker"), "Attestation report"}),
       element("div", {attr("class", decision.accepted ? "decision" : "decision rejected"), words}),
       judged_table(report), contents(report)});
}

HtmlText unreadable(const Error& error) {
  return element("section", {attr("id", "unreadable"), element("h2", {"Why it cannot be read"}),
                             element("p", {attr("class", "warning"), to_string(error)})});
}

HtmlText again_section(const VerifyReport& report) {
  HtmlText out = element(
      "p", {attr("class", "note"),
            "The verdict depends on nothing but the evidence and what this command names. With the "
            "same version of the program it gives the same answer at any time."});
  out += element("pre", {attr("class", "block"), code(shell_command(report.command))});
  if (report.file == "-")
    out += element("p", {attr("class", "note"), "The evidence goes to its standard input."});
  return element("section", {attr("id", "again"), element("h2", {"The same verdict again"}), out});
}

HtmlText machine_part(const VerifyReport& report) {
  if (report.outcome.claims) return machine_section(*report.outcome.claims);
  return element("section", {attr("id", "machine"), element("h2", {"The machine"}),
                             element("p", {attr("class", "warning"),
                                           "Left out. The evidence was rejected, so "
                                           "what it says of a machine is no fact."})});
}

HtmlText body(const VerifyReport& report) {
  HtmlText out = join({mark_shapes(), head_of_page(report, decision_of(report))});
  HtmlText main;
  if (!report.attestation) {
    main += unreadable(report.attestation.error());
  } else {
    const LogStanding standing =
        report.outcome.claims ? LogStanding::verified : LogStanding::claimed;
    // A refusal is read for its reasons, an acceptance for the machine.
    const HtmlText machine = machine_part(report), checks = check_section(report.outcome.verdict);
    main += report.outcome.verdict.accepted() ? join({machine, checks}) : join({checks, machine});
    main += boot_section(*report.attestation, standing);
    main += container_section(*report.attestation, standing);
  }
  main += unverified_section(report);
  main += again_section(report);
  out += element("main", {main});
  out += element("footer", {element("p", {"Written by ", report.version,
                                          ". This page holds no script and loads nothing."})});
  return element("body", {out});
}

HtmlText head(const VerifyReport& report, const ReportDecision& decision) {
  return element(
      "head",
      {void_element("meta", {attr("charset", "utf-8")}),
       void_element("meta", {attr("http-equiv", "Content-Security-Policy"),
                             attr("content", "default-src 'none'; style-src 'unsafe-inline'")}),
       void_element("meta", {attr("name", "viewport"),
                             attr("content", "width=device-width, initial-scale=1")}),
       void_element("meta", {attr("name", "referrer"), attr("content", "no-referrer")}),
       void_element("meta", {attr("name", "color-scheme"), attr("content", "light dark")}),
       element("title", {fmt::format("{}: attestation {}", decision.headline, shown_name(report))}),
       element("style", {html_literal(kReportStyle)})});
}

}  // namespace

std::string verify_report(const VerifyReport& report) {
  const HtmlText page =
      element("html", {attr("lang", "en"), head(report, decision_of(report)), body(report)});
  return fmt::format("<!DOCTYPE html>\n{}\n", page.str());
}

}  // namespace assay
