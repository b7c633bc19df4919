// SPDX-License-Identifier: Apache-2.0
#include "collateral/revocation.h"

#include <algorithm>

namespace assay {

RevocationTerms RevocationTerms::and_also(const RevocationTerms& others) const {
  RevocationTerms out = *this;
  if (others.missing == Missing::refused) out.missing = Missing::refused;
  if (others.max_age)
    out.max_age = out.max_age ? std::min(*out.max_age, *others.max_age) : *others.max_age;
  return out;
}

bool RevocationTerms::cover(const RevocationTerms& others) const {
  const bool asked = missing == Missing::refused || others.missing == Missing::accepted;
  return asked && (!others.max_age || (max_age && *max_age <= *others.max_age));
}

}  // namespace assay
