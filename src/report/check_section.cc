// SPDX-License-Identifier: Apache-2.0
#include "report/check_section.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "base/counted.h"
#include "report/report_mark.h"
#include "verify/same_answers.h"

namespace assay {

namespace {

struct Subject {
  std::string_view prefix;  ///< of check ids
  std::string_view title;
};

constexpr Subject kSubjects[] = {
    {"ak.", "The attestation key: who vouches for the TPM"},
    {"tpm.", "The quotes: what the TPM signed"},
    {"eventlog.", "The event log: does it tell of what was signed"},
    {"boot.", "The boot: what the log says"},
    {"cel.", "The container's log"},
    {"ima.", "The IMA list: files that the kernel measured"},
    {"tee.", "Evidence of the CPU"},
    {"policy.", "The policy"},
    {"", "Other checks"},
};

std::size_t subject_of(std::string_view id) {
  const auto at = std::find_if(std::begin(kSubjects), std::end(kSubjects),
                               [&](const Subject& s) { return id.starts_with(s.prefix); });
  return static_cast<std::size_t>(at - std::begin(kSubjects));
}

std::string_view question_of(std::string_view id) {
  static const std::map<std::string_view, std::string_view> kQuestions = [] {
    std::map<std::string_view, std::string_view> out;
    for (const CheckDescription& c : all_checks()) out.emplace(c.id, c.asks);
    return out;
  }();
  const auto found = kQuestions.find(id.substr(0, id.find('/')));
  return found == kQuestions.end() ? std::string_view() : found->second;
}

bool is_refused(const Check& c) {
  return c.verdict == CheckVerdict::fail || c.verdict == CheckVerdict::not_checked;
}

/// Expected, got and hint of a check that decides against the evidence.
HtmlText findings(const Check& c) {
  HtmlText out;
  const auto add = [&out](std::string_view label, std::string_view value) {
    if (!value.empty()) out += element("div", {element("dt", {label}), element("dd", {value})});
  };
  add("Expected", c.expected);
  add("Got", c.got);
  add("What to do", c.hint);
  return element("dl", {attr("class", "findings"), out});
}

HtmlText refusal(const SameAnswer& checks) {
  const Check& first = *checks.front();
  const bool one_question = std::all_of(checks.begin(), checks.end(), [&](const Check* c) {
    return question_of(c->id) == question_of(first.id);
  });
  HtmlText ids;
  for (const Check* c : checks)
    ids += join({" ", element("code", {attr("class", "id"), c->id.view()})});
  return element(
      "li", {element("p", {attr("class", "ask"), check_mark(first.verdict), " ",
                           element("strong", {one_question ? std::string(question_of(first.id))
                                                           : counted(checks.size(), "question")}),
                           ids}),
             findings(first)});
}

HtmlText row(const Check& c) {
  HtmlText found = is_refused(c) ? findings(c) : html_escape(c.got);
  return element("tr", {attr("class", c.verdict == CheckVerdict::fail ? "fail" : ""),
                        element("td", {attr("class", "mark"), check_mark(c.verdict)}),
                        element("th", {attr("scope", "row"), question_of(c.id), " ",
                                       element("code", {attr("class", "id"), c.id.view()})}),
                        element("td", {attr("class", "got"), found})});
}

std::size_t count(const std::vector<const Check*>& checks, CheckVerdict verdict) {
  return static_cast<std::size_t>(std::count_if(
      checks.begin(), checks.end(), [=](const Check* c) { return c->verdict == verdict; }));
}

std::string counts_of(const std::vector<const Check*>& checks) {
  return fmt::format("{} ok, {} FAIL, {} not asked, {} not there",
                     count(checks, CheckVerdict::pass), count(checks, CheckVerdict::fail),
                     count(checks, CheckVerdict::not_checked), count(checks, CheckVerdict::absent));
}

HtmlText group(const Subject& subject, std::vector<const Check*> checks) {
  // What decides first; within that, as they were asked.
  const auto rank = [](const Check* c) {
    return c->verdict == CheckVerdict::fail ? 0 : c->verdict == CheckVerdict::not_checked ? 1 : 2;
  };
  std::stable_sort(checks.begin(), checks.end(),
                   [&](const Check* a, const Check* b) { return rank(a) < rank(b); });
  HtmlText rows;
  for (const Check* c : checks) rows += row(*c);
  return element(
      "details",
      {attr("open", ""),
       element("summary", {element("h3", {subject.title}), " ",
                           element("span", {attr("class", "counts"), counts_of(checks)})}),
       element("table",
               {attr("class", "checks"),
                element("thead", {element("tr", {element("th", {attr("scope", "col"), "Answer"}),
                                                 element("th", {attr("scope", "col"), "Question"}),
                                                 element("th", {attr("scope", "col"), "Found"})})}),
                element("tbody", {rows})})});
}

}  // namespace

std::string check_counts(const Verdict& verdict) {
  std::vector<const Check*> all;
  for (const Check& c : verdict.checks()) all.push_back(&c);
  return counts_of(all);
}

HtmlText check_section(const Verdict& verdict) {
  HtmlText refusals;
  for (const CheckVerdict wanted : {CheckVerdict::fail, CheckVerdict::not_checked})
    for (const SameAnswer& checks : same_answers(verdict, wanted)) refusals += refusal(checks);
  HtmlText out;
  if (!refusals.empty())
    out += join({element("h3", {"What decided against it"}),
                 element("ul", {attr("class", "refusals"), refusals})});
  std::vector<const Check*> groups[std::size(kSubjects)];
  for (const Check& c : verdict.checks()) groups[subject_of(c.id)].push_back(&c);
  for (std::size_t i = 0; i < std::size(kSubjects); ++i)
    if (!groups[i].empty()) out += group(kSubjects[i], std::move(groups[i]));
  return element("section", {attr("id", "checks"), element("h2", {"The checks"}), out});
}

}  // namespace assay
