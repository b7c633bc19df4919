// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace assay {

/// Holds a state directory for this process (flock of its file "lock"), so that two do not
/// overwrite each other's state.  Freed when the object, or the process, goes.
class StateLock {
 public:
  /// Fault::unavailable, with `held` as the reason, where somebody holds it.
  static Result<StateLock> take(const std::filesystem::path& directory, std::string_view held);
  /// Waits until nobody holds it: for locks that are held for moments.
  static Result<StateLock> wait(const std::filesystem::path& directory);
  StateLock(StateLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  StateLock& operator=(StateLock&&) = delete;
  StateLock(const StateLock&) = delete;
  ~StateLock();

 private:
  explicit StateLock(int fd) : fd_(fd) {}
  static Result<StateLock> open(const std::filesystem::path& directory);
  int fd_;
};

}  // namespace assay
