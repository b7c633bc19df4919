// SPDX-License-Identifier: Apache-2.0
#include "verify/certificate_chain.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "crypto/crl.h"

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
        chain->issuers.insert(chain->issuers.begin(), {&issuers_[i], *key});
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
    const Certificate& ca = *chain.issuers[below].certificate;
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
  for (const auto& [issuer, key] : chain.issuers)
    from = std::max(from, issuer->not_before()), to = std::min(to, issuer->not_after());
  if (chain.anchor != nullptr)
    from = std::max(from, chain.anchor->not_before), to = std::min(to, chain.anchor->not_after);
  return {from, to};
}

std::vector<CertificateLink> links_of(const Certificate& leaf, const CertificateChain& chain) {
  std::vector<CertificateLink> out;
  const Certificate* certificate = &leaf;
  for (const auto& [issuer, key] : chain.issuers) {
    out.push_back({serial_of(*certificate), certificate->issuer(), key});
    certificate = issuer;
  }
  out.push_back({serial_of(*certificate), certificate->issuer(), chain.anchor->key});
  return out;
}

void check_extensions(std::string_view id, const Certificate& leaf, Verdict& verdict) {
  const auto unhandled = leaf.unhandled_critical_extensions({"2.5.29.17"});
  verdict.require(std::string(id), unhandled.empty(), "no critical extension that is unknown",
                  unhandled.empty() ? "none" : fmt::format("{}", fmt::join(unhandled, ", ")),
                  "the certificate is bound to something this version cannot check");
}

bool is_for_encryption(const Certificate& certificate) {
  // A BIT STRING: tag, length, the number of unused bits, and the first eight bits.
  const auto usage = certificate.extension("2.5.29.15");
  return usage && usage->size() >= 4 && ((*usage)[3] & 0x28) != 0;
}

}  // namespace assay
