// SPDX-License-Identifier: Apache-2.0
#include "services/list_signers.h"

#include <algorithm>
#include <vector>

namespace assay {

void ListSigners::add(const std::string& name, const PublicKey& key) {
  const std::lock_guard lock(mutex_);
  const auto [begin, end] = keys_.equal_range(name);
  if (std::any_of(begin, end, [&](const auto& known) { return known.second == key; })) return;
  if (keys_.size() < kMost) keys_.emplace(name, key);
}

const PublicKey* ListSigners::find(const Crl& crl) const {
  std::vector<const PublicKey*> named;
  {
    const std::lock_guard lock(mutex_);
    const auto [begin, end] = keys_.equal_range(crl.issuer());
    for (auto at = begin; at != end; ++at) named.push_back(&at->second);
  }
  const auto found =
      std::ranges::find_if(named, [&](const PublicKey* key) { return crl.signed_by(*key); });
  return found == named.end() ? nullptr : *found;
}

std::size_t ListSigners::size() const {
  const std::lock_guard lock(mutex_);
  return keys_.size();
}

}  // namespace assay
