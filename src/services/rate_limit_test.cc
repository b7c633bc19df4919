// SPDX-License-Identifier: Apache-2.0
#include "services/rate_limit.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace assay {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class RateLimitTest : public testing::Test {
 protected:
  int take_all() {
    int taken = 0;
    while (limit.take()) ++taken;
    return taken;
  }
  void pass(milliseconds time) { clock.set(clock.now() + time); }

  FixedClock clock{from_unix_seconds(1'700'000'000)};
  RateLimit limit{{.per_second = 2, .burst = 10}, clock};
};

TEST_F(RateLimitTest, GivesTheBurstThenTheRate) {
  EXPECT_EQ(take_all(), 10);
  pass(milliseconds(499));
  EXPECT_EQ(take_all(), 0);
  pass(milliseconds(1));
  EXPECT_EQ(take_all(), 1);
  pass(seconds(3));
  EXPECT_EQ(take_all(), 6);
}

TEST_F(RateLimitTest, NeverSavesMoreThanTheBurst) {
  pass(std::chrono::hours(24));
  EXPECT_EQ(take_all(), 10);
}

TEST_F(RateLimitTest, TellsHowLongToWait) {
  take_all();
  EXPECT_EQ(limit.wait(), seconds(1));
  RateLimit slow({.per_second = 1, .burst = 1}, clock);
  EXPECT_TRUE(slow.take());
  EXPECT_EQ(slow.wait(), seconds(1));
}

TEST_F(RateLimitTest, HasRecoveredWithHalfTheBurst) {
  EXPECT_TRUE(limit.recovered());
  take_all();
  EXPECT_FALSE(limit.recovered());
  pass(milliseconds(2499));
  EXPECT_FALSE(limit.recovered());
  pass(milliseconds(1));
  EXPECT_TRUE(limit.recovered());
}

TEST_F(RateLimitTest, AClockSetBackGivesNothingAndTakesNothing) {
  EXPECT_TRUE(limit.take());
  pass(-seconds(3600));
  EXPECT_EQ(take_all(), 9);
  pass(seconds(1));
  EXPECT_EQ(take_all(), 2);
}

TEST_F(RateLimitTest, ManyAtOnceGetNoMoreThanThereIs) {
  std::atomic<int> taken{0};
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 5; ++j) taken += limit.take() ? 1 : 0;
    });
  }
  threads.clear();
  EXPECT_EQ(taken, 10);
}

}  // namespace
}  // namespace assay
