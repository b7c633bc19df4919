// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <thread>

#include "services/revocation_files.h"

namespace assay {

/// Looks every second whether the files of revocation lists are still what was read, beside the
/// requests.
class RevocationRefresher {
 public:
  /// Borrows `files`.
  explicit RevocationRefresher(RevocationFiles& files);
  /// Ends after what is being read.
  ~RevocationRefresher() = default;
  RevocationRefresher(const RevocationRefresher&) = delete;
  RevocationRefresher& operator=(const RevocationRefresher&) = delete;

 private:
  std::jthread thread_;
};

}  // namespace assay
