// SPDX-License-Identifier: Apache-2.0
#include "verify/certificate_chain.h"

#include <fmt/format.h>

#include <algorithm>

namespace assay {

namespace {

/// Looks for a path from the leaf to an anchor.  An anchor is a name and a key; CA certificates in
/// the evidence are only steps towards one.  Each of them is tried once, so the work is bounded.
class ChainSearch {
 public:
  ChainSearch(const Trust& trust, const std::vector<Certificate>& issuers)
      : trust_(trust), issuers_(issuers), tried_(issuers.size()) {}

  std::optional<CertificateChain> from(const Certificate& certificate) {
    const std::string issuer = certificate.issuer();
    for (const TrustAnchor& anchor : trust_.anchors)
      if (anchor.name == issuer && certificate.signed_by(anchor.key))
        return CertificateChain{&anchor, {}};
    for (std::size_t i = 0; i < issuers_.size(); ++i) {
      if (tried_[i] || issuers_[i].subject() != issuer) continue;
      const auto key = issuers_[i].public_key();
      if (!key || !certificate.signed_by(*key)) continue;
      tried_[i] = true;
      if (auto chain = from(issuers_[i])) {
        chain->issuers.insert(chain->issuers.begin(), &issuers_[i]);
        return chain;
      }
    }
    return std::nullopt;
  }

 private:
  const Trust& trust_;
  const std::vector<Certificate>& issuers_;
  std::vector<bool> tried_;
};

}  // namespace

std::optional<CertificateChain> find_chain(const Certificate& leaf,
                                           const std::vector<Certificate>& issuers,
                                           const Trust& trust) {
  return ChainSearch(trust, issuers).from(leaf);
}

std::string issuer_fault(const CertificateChain& chain) {
  std::string wrong;
  for (std::size_t below = 0; below < chain.issuers.size(); ++below) {
    const Certificate& ca = *chain.issuers[below];
    const auto path_length = ca.path_length();
    const auto unhandled = ca.unhandled_critical_extensions({});
    const bool too_long = path_length && static_cast<std::size_t>(*path_length) < below;
    if (!ca.is_ca() || !ca.may_sign_certificates() || too_long || !unhandled.empty())
      wrong = fmt::format("\"{}\" may not issue certificates here", ca.subject());
  }
  return wrong;
}

ValidityPeriod validity_of(const Certificate& leaf, const CertificateChain& chain) {
  Instant from = leaf.not_before(), to = leaf.not_after();
  for (const Certificate* issuer : chain.issuers)
    from = std::max(from, issuer->not_before()), to = std::min(to, issuer->not_after());
  if (chain.anchor != nullptr)
    from = std::max(from, chain.anchor->not_before), to = std::min(to, chain.anchor->not_after);
  return {from, to};
}

bool is_for_encryption(const Certificate& certificate) {
  // A BIT STRING: tag, length, the number of unused bits, and the first eight bits.
  const auto usage = certificate.extension("2.5.29.15");
  return usage && usage->size() >= 4 && ((*usage)[3] & 0x28) != 0;
}

}  // namespace assay
