// SPDX-License-Identifier: Apache-2.0
#pragma once

// For tests only: a program that includes this file, in one source of it, can make a chosen
// `operator new` fail, or count them.

#include <atomic>
#include <cstdlib>
#include <new>

namespace assay {

/// The one failure to come.
class FailingNew {
 public:
  /// The allocation after `allowed` more throws std::bad_alloc, and no later one.
  static void arm(long allowed) { left = allowed + 1; }
  /// Ends that; true if an allocation has failed.
  static bool disarm() { return left.exchange(0) <= 0; }
  /// How many allocations `work` makes.
  template <class Work>
  static long count(Work work) {
    constexpr long kMany = 1'000'000'000;
    left = kMany;
    work();
    return kMany - left.exchange(0);
  }
  /// What this thread allocates neither counts nor fails.
  static void spare_this_thread() { spared = true; }

  static void* allocate(std::size_t size) {
    if (!spared && left > 0 && left.fetch_sub(1) == 1) {
      left = kFailed;
      throw std::bad_alloc();
    }
    if (void* out = std::malloc(size)) return out;
    throw std::bad_alloc();
  }

 private:
  static constexpr long kFailed = -1'000'000;
  static inline std::atomic<long> left = 0;
  static inline thread_local bool spared = false;
};

}  // namespace assay

void* operator new(std::size_t size) { return assay::FailingNew::allocate(size); }
void* operator new[](std::size_t size) { return assay::FailingNew::allocate(size); }
void operator delete(void* what) noexcept { std::free(what); }
void operator delete(void* what, std::size_t) noexcept { std::free(what); }
void operator delete[](void* what) noexcept { std::free(what); }
void operator delete[](void* what, std::size_t) noexcept { std::free(what); }
