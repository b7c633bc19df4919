// SPDX-License-Identifier: Apache-2.0
#include "verify/check.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <iterator>

#include "base/check.h"
#include "verify/printable.h"

namespace assay {

namespace {

/// "tpm.quote.nonce" of "tpm.quote.nonce/sha256".
std::string_view without_suffix(std::string_view id) { return id.substr(0, id.find('/')); }

/// The ids that docs/checks.md lists.  A verification looks sixty of them up: a table of our own
/// finds one without a division, and mostly at its first place.
class ListedIds {
 public:
  ListedIds() {
    ASSAY_CHECK(2 * all_checks().size() < kPlaces);  // else searches would be long, or never end
    for (const CheckDescription& c : all_checks()) {
      std::size_t at = place_of(c.id);
      while (!places_[at].empty()) at = next(at);
      places_[at] = c.id;
    }
  }

  [[nodiscard]] bool contains(std::string_view id) const {
    for (std::size_t at = place_of(id); !places_[at].empty(); at = next(at))
      if (places_[at] == id) return true;
    return false;
  }

 private:
  static constexpr unsigned kBits = 10;
  static constexpr std::size_t kPlaces = std::size_t{1} << kBits;

  static std::size_t next(std::size_t at) { return (at + 1) % kPlaces; }
  /// Of the last letters: ids begin alike.
  static std::size_t place_of(std::string_view id) {
    std::uint64_t letters = 0;
    const std::size_t size = std::min(id.size(), sizeof(letters));
    std::memcpy(&letters, id.data() + id.size() - size, size);
    constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15;  // 2^64 / golden ratio
    return ((letters + id.size()) * kOdd) >> (64 - kBits);
  }

  std::array<std::string_view, kPlaces> places_;
};

/// An id that docs/checks.md does not list would be a promise to nobody.
void require_listed(std::string_view id) {
  static const ListedIds listed;
  ASSAY_CHECK(listed.contains(id) || listed.contains(without_suffix(id)));
}

/// What comes from evidence may be long, and anything.
constexpr std::size_t kLongest = 4096;

bool is_presentable(std::string_view text) { return text.size() <= kLongest && is_printable(text); }

std::string presentable(std::string_view text) {
  if (text.size() <= kLongest) return printable(text);
  return printable(std::string(text.substr(0, kLongest)) + "...");
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
  out.append(check).append("/").append(name);
  return out;
}

bool Verdict::require(CheckText id, bool ok, CheckText expected, CheckText got,
                      std::string_view hint) {
  add(std::move(id), ok ? CheckVerdict::pass : CheckVerdict::fail, std::move(expected),
      std::move(got), ok ? std::string_view() : hint);
  return ok;
}

void Verdict::absent(CheckText id, CheckText what) {
  add(std::move(id), CheckVerdict::absent, {}, std::move(what), {});
}

void Verdict::not_checked(CheckText id, CheckText why, std::string_view hint) {
  add(std::move(id), CheckVerdict::not_checked, {}, std::move(why), hint);
}

void Verdict::not_checked_from(std::span<const char* const> ids, std::string_view first,
                               std::string_view why) {
  const auto at = std::find(ids.begin(), ids.end(), first);
  ASSAY_CHECK(at != ids.end());
  for (const char* id : ids.subspan(static_cast<std::size_t>(at - ids.begin())))
    not_checked(id, why);
}

void Verdict::add(CheckText&& id, CheckVerdict verdict, CheckText&& expected, CheckText&& got,
                  std::string_view hint) {
  require_listed(id);
  for (CheckText* text : {&expected, &got})
    if (!text->is_literal() && !is_presentable(*text)) *text = presentable(*text);
  checks_.emplace_back(std::move(id), verdict, std::move(expected), std::move(got),
                       std::string(hint));
}

void Verdict::append(const Verdict& other) {
  checks_.insert(checks_.end(), other.checks_.begin(), other.checks_.end());
}

void Verdict::append(Verdict&& other) {
  std::move(other.checks_.begin(), other.checks_.end(), std::back_inserter(checks_));
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
    json::object o{{"id", c.id.view()},
                   {"verdict", name_of(c.verdict)},
                   {"expected", c.expected.view()},
                   {"got", c.got.view()}};
    if (!c.hint.empty()) o["hint"] = c.hint;
    out.push_back(std::move(o));
  }
  return out;
}

}  // namespace assay
