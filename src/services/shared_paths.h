// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>

#include "verify/verified_paths.h"

namespace assay {

/// VerifiedPaths that threads share.
class SharedPaths final : public VerifiedPaths {
 public:
  using VerifiedPaths::VerifiedPaths;

  std::shared_ptr<const CertificatePath> find(const Trust& trust, const Digest& evidence) override {
    const std::lock_guard lock(mutex_);
    return VerifiedPaths::find(trust, evidence);
  }
  void keep(const Trust& trust, std::shared_ptr<const CertificatePath> path) override {
    const std::lock_guard lock(mutex_);
    VerifiedPaths::keep(trust, std::move(path));
  }

 private:
  std::mutex mutex_;
};

}  // namespace assay
