// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>

#include "base/counted.h"
#include "base/nearest_name.h"

namespace assay {
namespace {

TEST(Words, CountsWithTheNoun) {
  EXPECT_EQ(counted(0, "file"), "0 files");
  EXPECT_EQ(counted(1, "file"), "1 file");
  EXPECT_EQ(counted(2, "file"), "2 files");
  EXPECT_EQ(counted(1, "entry", "entries"), "1 entry");
  EXPECT_EQ(counted(3, "entry", "entries"), "3 entries");
}

TEST(Words, GuessesTheNearestName) {
  constexpr std::array<std::string_view, 4> kNames{"token", "tpm", "trust-ak", "trust"};
  EXPECT_EQ(nearest_name("tokne", kNames), "token");
  EXPECT_EQ(nearest_name("tpn", kNames), "tpm");
  EXPECT_EQ(nearest_name("trust", kNames), "trust");
  EXPECT_EQ(nearest_name("trusta", kNames), "trust");
  EXPECT_EQ(nearest_name("trust_ak", kNames), "trust-ak");
  EXPECT_EQ(nearest_name("quickstart", kNames), std::nullopt);
  EXPECT_EQ(nearest_name(std::string(10000, 't'), kNames), std::nullopt);
}

}  // namespace
}  // namespace assay
