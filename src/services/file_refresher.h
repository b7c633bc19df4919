// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <thread>

namespace assay {

/// Looks every second whether files are still what was read of them, beside the requests.
class FileRefresher {
 public:
  /// `look` is called on a thread of its own, until the object goes.
  explicit FileRefresher(std::function<void()> look);
  /// Ends after what is being read.
  ~FileRefresher() = default;
  FileRefresher(const FileRefresher&) = delete;
  FileRefresher& operator=(const FileRefresher&) = delete;

 private:
  std::jthread thread_;
};

}  // namespace assay
