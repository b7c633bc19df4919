// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>

#include "services/revocation_files.h"
#include "verify/verified_paths.h"

namespace assay {

/// VerifiedPaths that threads share.  The CAs of each path tell which revocation lists are genuine.
class SharedPaths final : public VerifiedPaths {
 public:
  /// `revocation` may be null: no lists.
  SharedPaths(std::size_t capacity, RevocationFiles* revocation)
      : VerifiedPaths(capacity), revocation_(revocation) {}

  std::shared_ptr<const CertificatePath> find(const Trust& trust, const Digest& evidence) override {
    const std::lock_guard lock(mutex_);
    return VerifiedPaths::find(trust, evidence);
  }
  void keep(const Trust& trust, std::shared_ptr<const CertificatePath> path) override {
    if (revocation_ != nullptr && path->verdict.accepted())
      for (const CertificateLink& link : path->links)
        revocation_->learn(link.issuer, link.issuer_key);
    const std::lock_guard lock(mutex_);
    VerifiedPaths::keep(trust, std::move(path));
  }

 private:
  RevocationFiles* const revocation_;
  std::mutex mutex_;
};

}  // namespace assay
