// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <vector>

#include "verify/certificate_path.h"

namespace assay {

/// Certificate paths that were accepted, so that the certificates of a VM that comes again need not
/// be decoded and their signatures not be verified again.  What depends on the moment (validity,
/// revocation) and what the caller asks of the names is judged anew each time.
///
/// Holds paths to one set of anchors: asked with another one it knows nothing, and the first path
/// kept for another one makes it forget the rest.  Of the paths beyond its capacity the longest
/// unused is dropped.  Not synchronised: whoever shares one between threads overrides both members.
/// docs/decisions/0006-remembered-certificate-paths.md
class VerifiedPaths {
 public:
  /// Room for `capacity` paths (at least one) of about 8 KiB each.
  explicit VerifiedPaths(std::size_t capacity);
  virtual ~VerifiedPaths() = default;
  VerifiedPaths(const VerifiedPaths&) = delete;
  VerifiedPaths& operator=(const VerifiedPaths&) = delete;

  /// The path kept for these certificates and anchors; null if there is none.
  virtual std::shared_ptr<const CertificatePath> find(const Trust& trust, const Digest& evidence);
  /// Keeps a path that was read with `trust`.  One that was not accepted is not kept.
  virtual void keep(const Trust& trust, std::shared_ptr<const CertificatePath> path);

 private:
  using Key = std::array<std::uint8_t, 32>;
  using Path = std::shared_ptr<const CertificatePath>;
  static Key key_of(const Digest& evidence);

  std::size_t capacity_;
  std::vector<TrustAnchor> anchors_;
  std::list<Path> by_use_;  ///< the last used first
  std::map<Key, std::list<Path>::iterator> by_evidence_;
};

}  // namespace assay
