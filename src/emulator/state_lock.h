// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <utility>

#include "base/result.h"

namespace assay {

/// Holds a state directory for this process (flock of its file "lock"): two TPMs with one state
/// would overwrite each other.
class StateLock {
 public:
  /// Fault::unavailable where another process holds it.
  static Result<StateLock> take(const std::filesystem::path& directory);
  StateLock(StateLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  StateLock& operator=(StateLock&&) = delete;
  StateLock(const StateLock&) = delete;
  ~StateLock();

 private:
  explicit StateLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace assay
