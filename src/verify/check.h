// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash_algorithm.h"
#include "base/json.h"
#include "verify/check_text.h"

namespace assay {

/// The answer to one check.  "Absent", "failed" and "not checked" differ.
enum class CheckVerdict {
  pass,
  fail,
  absent,       ///< the evidence does not contain what the check is about, and need not
  not_checked,  ///< it could not be asked, because an earlier part is missing or broken
};
std::string_view name_of(CheckVerdict verdict);

/// One question asked of the evidence, and its answer.
struct Check {
  CheckText id;  ///< stable and public: "tpm.quote.nonce"; with a bank: "tpm.quote.nonce/sha256"
  CheckVerdict verdict;
  CheckText expected;  ///< for a person; never parsed.  Printable ASCII, as is `got`
  CheckText got;
  std::string hint;  ///< what to do about a failure; empty on pass
};

/// The id of a check that is asked of each bank: "tpm.quote.nonce/sha256".
std::string check_id(std::string_view check, HashAlgorithm bank);

/// Every check that ran, in order.  Accepted only if at least one passed and none failed or could
/// not be asked: silence is never consent.  All checks run; the first failure hides no other.
class Verdict {
 public:
  /// Records a check; `ok` again, so that a caller can branch on it.
  bool require(CheckText id, bool ok, CheckText expected, CheckText got,
               std::string_view hint = {});
  void absent(CheckText id, CheckText what);
  void not_checked(CheckText id, CheckText why, std::string_view hint = {});
  /// The same for each of `ids`, which holds `first`, from `first` on: a series of checks that
  /// ended early.
  void not_checked_from(std::span<const char* const> ids, std::string_view first,
                        std::string_view why);
  void append(const Verdict& other);
  void append(Verdict&& other);
  /// Room for as many checks, so that their texts need not be moved as they become more.
  void reserve(std::size_t checks) { checks_.reserve(checks); }

  [[nodiscard]] bool accepted() const;
  [[nodiscard]] const std::vector<Check>& checks() const { return checks_; }
  /// The first failed check, or the first that could not be asked; nullptr if accepted.
  [[nodiscard]] const Check* first_failure() const;

 private:
  void add(CheckText&& id, CheckVerdict verdict, CheckText&& expected, CheckText&& got,
           std::string_view hint);

  std::vector<Check> checks_;
};

/// [{"id","verdict","expected","got","hint"}], `hint` only where there is one.
json::array to_json(const std::vector<Check>& checks);

/// A check id as docs/checks.md lists it: what it asks, and the rule behind it.
struct CheckDescription {
  std::string_view id;      ///< without bank suffix
  std::string_view asks;    ///< one sentence
  std::string_view source;  ///< document and section
};
/// All ids that verify/ and policy/ can emit; a test holds docs/checks.md against it, and Verdict
/// aborts on an id that is not in it.
const std::vector<CheckDescription>& all_checks();

}  // namespace assay
