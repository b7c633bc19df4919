// SPDX-License-Identifier: Apache-2.0
#include "verify/check_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay {
namespace {

using testing::HasSubstr;

TEST(CheckTexts, AreKeptByReferenceWhereTheProgramWroteThem) {
  const CheckText none, literal = "a literal", made = std::string("made");
  const std::string_view seen = "seen";
  const CheckText copied = seen;
  EXPECT_TRUE(none.is_literal());
  EXPECT_TRUE(none.empty());
  EXPECT_TRUE(literal.is_literal());
  EXPECT_EQ(literal, "a literal");
  EXPECT_FALSE(made.is_literal());
  EXPECT_EQ(made, std::string("made"));
  EXPECT_FALSE(copied.is_literal());
  EXPECT_NE(copied.view().data(), seen.data());
  EXPECT_EQ(copied, CheckText("seen"));
  EXPECT_THAT(literal, HasSubstr("lit"));
}

}  // namespace
}  // namespace assay
