// SPDX-License-Identifier: Apache-2.0
#include "verify/check.h"

#include <algorithm>
#include <unordered_set>

#include "base/check.h"
#include "verify/printable.h"

namespace assay {

namespace {

/// "tpm.quote.nonce" of "tpm.quote.nonce/sha256".
std::string_view without_suffix(std::string_view id) { return id.substr(0, id.find('/')); }

/// An id that docs/checks.md does not list would be a promise to nobody.
void require_listed(std::string_view id) {
  static const std::unordered_set<std::string_view> listed = [] {
    std::unordered_set<std::string_view> ids;
    for (const CheckDescription& c : all_checks()) ids.insert(c.id);
    return ids;
  }();
  ASSAY_CHECK(listed.contains(without_suffix(id)));
}

bool is_refusal(const Check& c) {
  return c.verdict == CheckVerdict::fail || c.verdict == CheckVerdict::not_checked;
}

}  // namespace

std::string_view name_of(CheckVerdict verdict) {
  switch (verdict) {
    case CheckVerdict::pass:
      return "pass";
    case CheckVerdict::fail:
      return "fail";
    case CheckVerdict::absent:
      return "absent";
    case CheckVerdict::not_checked:
      return "not_checked";
  }
  return "unknown";
}

std::string check_id(std::string_view check, HashAlgorithm bank) {
  const std::string_view name = name_of(bank);
  std::string out;
  out.reserve(check.size() + 1 + name.size());
  return out.append(check).append("/").append(name);
}

bool Verdict::require(std::string id, bool ok, std::string expected, std::string got,
                      std::string_view hint) {
  add(std::move(id), ok ? CheckVerdict::pass : CheckVerdict::fail, std::move(expected),
      std::move(got), ok ? std::string_view() : hint);
  return ok;
}

void Verdict::absent(std::string id, std::string what) {
  add(std::move(id), CheckVerdict::absent, {}, std::move(what), {});
}

void Verdict::not_checked(std::string id, std::string why, std::string_view hint) {
  add(std::move(id), CheckVerdict::not_checked, {}, std::move(why), hint);
}

void Verdict::not_checked_from(std::span<const char* const> ids, std::string_view first,
                               std::string_view why) {
  const auto at = std::find(ids.begin(), ids.end(), first);
  ASSAY_CHECK(at != ids.end());
  for (const char* id : ids.subspan(static_cast<std::size_t>(at - ids.begin())))
    not_checked(id, std::string(why));
}

void Verdict::add(std::string&& id, CheckVerdict verdict, std::string&& expected, std::string&& got,
                  std::string_view hint) {
  require_listed(id);
  constexpr std::size_t kLongest = 4096;
  for (std::string* text : {&expected, &got}) {
    if (text->size() > kLongest) text->replace(kLongest, std::string::npos, "...");
    if (!is_printable(*text)) *text = printable(*text);
  }
  reserve();
  checks_.emplace_back(std::move(id), verdict, std::move(expected), std::move(got),
                       std::string(hint));
}

void Verdict::append(const Verdict& other) {
  reserve();
  checks_.insert(checks_.end(), other.checks_.begin(), other.checks_.end());
}

void Verdict::reserve() {
  // An attestation's worth at once: growing step by step would move every text several times.
  constexpr std::size_t kOfAnAttestation = 96;
  if (checks_.empty()) checks_.reserve(kOfAnAttestation);
}

bool Verdict::accepted() const {
  const bool any_pass = std::any_of(checks_.begin(), checks_.end(),
                                    [](const Check& c) { return c.verdict == CheckVerdict::pass; });
  return any_pass && std::none_of(checks_.begin(), checks_.end(), is_refusal);
}

const Check* Verdict::first_failure() const {
  const auto failed = std::find_if(checks_.begin(), checks_.end(),
                                   [](const Check& c) { return c.verdict == CheckVerdict::fail; });
  if (failed != checks_.end()) return &*failed;
  const auto unasked = std::find_if(checks_.begin(), checks_.end(), is_refusal);
  return unasked == checks_.end() ? nullptr : &*unasked;
}

json::array to_json(const std::vector<Check>& checks) {
  json::array out;
  out.reserve(checks.size());
  for (const Check& c : checks) {
    json::object o{
        {"id", c.id}, {"verdict", name_of(c.verdict)}, {"expected", c.expected}, {"got", c.got}};
    if (!c.hint.empty()) o["hint"] = c.hint;
    out.push_back(std::move(o));
  }
  return out;
}

}  // namespace assay
