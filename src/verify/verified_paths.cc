// SPDX-License-Identifier: Apache-2.0
#include "verify/verified_paths.h"

#include <algorithm>

#include "base/check.h"

namespace assay {

namespace {

/// Everything that a path, its verdict or the claims made from it can depend on.
bool is_same(const TrustAnchor& a, const TrustAnchor& b) {
  return a.name == b.name && a.role == b.role && a.key == b.key && a.not_before == b.not_before &&
         a.not_after == b.not_after && a.provenance == b.provenance;
}

bool are_same(const std::vector<TrustAnchor>& a, const std::vector<TrustAnchor>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), is_same);
}

}  // namespace

VerifiedPaths::VerifiedPaths(std::size_t capacity) : capacity_(capacity) {
  ASSAY_CHECK(capacity > 0);
}

VerifiedPaths::Key VerifiedPaths::key_of(const Digest& evidence) {
  Key out{};
  ASSAY_CHECK(evidence.bytes().size() == out.size());
  std::copy(evidence.bytes().begin(), evidence.bytes().end(), out.begin());
  return out;
}

std::shared_ptr<const CertificatePath> VerifiedPaths::find(const Trust& trust,
                                                           const Digest& evidence) {
  if (!are_same(trust.anchors, anchors_)) return nullptr;
  const auto found = by_evidence_.find(key_of(evidence));
  if (found == by_evidence_.end()) return nullptr;
  by_use_.splice(by_use_.begin(), by_use_, found->second);
  return *found->second;
}

void VerifiedPaths::keep(const Trust& trust, std::shared_ptr<const CertificatePath> path) {
  if (!path->verdict.accepted()) return;
  if (!are_same(trust.anchors, anchors_)) {
    by_evidence_.clear();
    by_use_.clear();
    anchors_ = trust.anchors;
  }
  const Key key = key_of(path->evidence);
  if (by_evidence_.contains(key)) return;
  if (by_use_.size() == capacity_) {
    by_evidence_.erase(key_of(by_use_.back()->evidence));
    by_use_.pop_back();
  }
  by_use_.push_front(std::move(path));
  by_evidence_.emplace(key, by_use_.begin());
}

}  // namespace assay
