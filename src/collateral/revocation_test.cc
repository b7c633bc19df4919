// SPDX-License-Identifier: Apache-2.0
#include "collateral/revocation.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

using Missing = RevocationTerms::Missing;
using std::chrono::hours;

TEST(RevocationTerms, AreTheStricterOfTwo) {
  const RevocationTerms none, required{Missing::refused, hours(48)},
      young{Missing::accepted, hours(24)};
  EXPECT_EQ(none.and_also(none).missing, Missing::accepted);
  EXPECT_EQ(none.and_also(none).max_age, std::nullopt);
  for (const RevocationTerms& both : {required.and_also(young), young.and_also(required)}) {
    EXPECT_EQ(both.missing, Missing::refused);
    EXPECT_EQ(both.max_age, hours(24));
  }
  EXPECT_EQ(none.and_also(required).max_age, hours(48));
}

TEST(RevocationTerms, CoverWhatAsksForNoMore) {
  const RevocationTerms none, required{Missing::refused}, young{Missing::accepted, hours(24)};
  for (const RevocationTerms& terms : {none, required, young}) {
    EXPECT_TRUE(terms.cover(none));
    EXPECT_TRUE(terms.cover(terms));
    EXPECT_TRUE(terms.and_also(young).cover(terms));
  }
  EXPECT_FALSE(none.cover(required));
  EXPECT_FALSE(none.cover(young));
  EXPECT_FALSE(young.cover(required));
  EXPECT_FALSE(required.cover(young));
  EXPECT_FALSE(young.cover({Missing::accepted, hours(23)}));
  EXPECT_TRUE(young.cover({Missing::accepted, hours(25)}));
}

}  // namespace
}  // namespace assay
