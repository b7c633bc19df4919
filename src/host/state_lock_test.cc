// SPDX-License-Identifier: Apache-2.0
#include "host/state_lock.h"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>

#include "host/file.h"

namespace assay {
namespace {

TEST(StateLock, IsHeldByOneUntilItGoes) {
  const auto directory = TemporaryDirectory::make().value();
  std::optional<StateLock> first(StateLock::take(directory.path(), "busy").value());
  const auto second = StateLock::take(directory.path(), "somebody is there");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().fault, Fault::unavailable);
  EXPECT_EQ(to_string(second.error()), directory.path().string() + ": somebody is there");
  first.reset();
  EXPECT_TRUE(StateLock::take(directory.path(), "busy"));
}

TEST(StateLock, WhoWaitsGetsItOneAfterTheOther) {
  const auto directory = TemporaryDirectory::make().value();
  std::optional<StateLock> first(StateLock::take(directory.path(), "busy").value());
  std::atomic<bool> freed{false};
  std::atomic<int> holders{0}, early{0}, together{0};
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      const auto lock = StateLock::wait(directory.path());
      early += lock && freed ? 0 : 1;
      together += holders++ == 0 ? 0 : 1;
      --holders;
    });
  }
  freed = true;
  first.reset();
  threads.clear();
  EXPECT_EQ(early, 0);
  EXPECT_EQ(together, 0);
}

TEST(StateLock, NeedsADirectory) {
  EXPECT_FALSE(StateLock::take("/nowhere", "busy"));
  EXPECT_FALSE(StateLock::wait("/nowhere"));
}

}  // namespace
}  // namespace assay
