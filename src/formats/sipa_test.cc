// SPDX-License-Identifier: Apache-2.0
#include "formats/sipa.h"

#include <gtest/gtest.h>

#include <deque>

#include "formats/uefi.h"

namespace assay {
namespace {

constexpr std::uint32_t kElamName = 0x00090001;

TEST(Sipa, NamesFewEarlyLaunchDriversEachOnce) {
  WindowsState state;
  std::deque<Buffer> names;
  const auto read = [&](int driver) {
    names.push_back(utf16le("driver " + std::to_string(driver)));
    return read_sipa({{kElamName, 0, names.back()}}, state);
  };
  for (int round = 0; round < 2; ++round)
    for (int driver = 0; driver < 32; ++driver) EXPECT_TRUE(read(driver));
  EXPECT_EQ(state.elam_drivers.size(), 32U);
  const auto one_more = read(32);
  ASSERT_FALSE(one_more);
  EXPECT_EQ(to_string(one_more.error()), "sipa.0x00090001: more than 32 drivers");
}

}  // namespace
}  // namespace assay
