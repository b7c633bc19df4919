// SPDX-License-Identifier: Apache-2.0
#include "verify/same_answers.h"

#include <algorithm>

namespace assay {

std::vector<SameAnswer> same_answers(const Verdict& verdict, CheckVerdict wanted) {
  std::vector<SameAnswer> out;
  for (const Check& c : verdict.checks()) {
    if (c.verdict != wanted) continue;
    const auto same = std::find_if(out.begin(), out.end(), [&](const SameAnswer& known) {
      const Check& first = *known.front();
      return first.expected == c.expected && first.got == c.got && first.hint == c.hint;
    });
    if (same == out.end())
      out.push_back({&c});
    else
      same->push_back(&c);
  }
  return out;
}

}  // namespace assay
