// SPDX-License-Identifier: Apache-2.0
#include "host/signals.h"

#include <gtest/gtest.h>

#include <csignal>

namespace assay {
namespace {

/// Leaves signals as it found them.
struct StopSignals : testing::Test {
  StopSignals() {
    ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    ::sigaction(SIGHUP, nullptr, &hang_up);
  }
  ~StopSignals() override {
    ::sigaction(SIGHUP, &hang_up, nullptr);
    ::pthread_sigmask(SIG_SETMASK, &mask, nullptr);
  }
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  sigset_t mask{};
  struct sigaction hang_up{};
};

TEST_F(StopSignals, EachIsWaitedFor) {
  std::signal(SIGHUP, SIG_DFL);
  block_stop_signals();
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    ASSERT_EQ(std::raise(signal), 0);
    EXPECT_EQ(wait_for_stop_signal(), signal);
  }
}

TEST_F(StopSignals, AHangUpThatIsIgnoredStaysSo) {
  std::signal(SIGHUP, SIG_IGN);
  block_stop_signals();
  ASSERT_EQ(std::raise(SIGHUP), 0);
  ASSERT_EQ(std::raise(SIGTERM), 0);
  EXPECT_EQ(wait_for_stop_signal(), SIGTERM);
}

}  // namespace
}  // namespace assay
