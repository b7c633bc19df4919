// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace assay {

/// What DESIGN.md section 8 holds a job to, against its floor.
struct Hold {
  double at_most = 0;  ///< 0: nothing is promised yet
};

/// Runs a job and its floor in turn, so that a noisy moment meets both, and prints the least time
/// of each and their ratio.
template <class Work, class Floor>
void print_ratio(const char* name, Hold hold, Work work, Floor floor) {
  constexpr int kRounds = 60, kRepeats = 20;
  double least_work = 1e9, least_floor = 1e9;
  const auto microseconds = [](auto& f) {
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < kRepeats; ++i) f();
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
    return took.count() / kRepeats;
  };
  for (int round = 0; round < kRounds; ++round) {
    least_floor = std::min(least_floor, microseconds(floor));
    least_work = std::min(least_work, microseconds(work));
  }
  std::printf("%-48s %8.1f us, floor %8.1f us, ratio %.2f", name, least_work, least_floor,
              least_work / least_floor);
  if (hold.at_most > 0) std::printf(" (hold <= %.2f)", hold.at_most);
  std::printf("\n");
}

}  // namespace assay
