// SPDX-License-Identifier: Apache-2.0
#include "verify/attestation_key.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/hex.h"
#include "crypto/certificate.h"
#include "formats/gce_instance.h"
#include "formats/tpm.h"

namespace assay {

namespace {

constexpr std::string_view kTrustHint =
    "name whom to trust: --trust google, or --trust FILE with the CA certificates as PEM";

/// How a leaf hangs from an anchor.
struct Chain {
  const TrustAnchor* anchor = nullptr;
  std::vector<const Certificate*> issuers;  ///< from evidence, the leaf's own issuer first
};

/// Looks for a path from the leaf to an anchor.  An anchor is a name and a key; CA certificates in
/// the evidence are only steps towards one.  Each of them is tried once, so the work is bounded.
class ChainSearch {
 public:
  ChainSearch(const Trust& trust, const std::vector<Certificate>& issuers)
      : trust_(trust), issuers_(issuers), tried_(issuers.size()) {}

  std::optional<Chain> from(const Certificate& certificate) {
    const std::string issuer = certificate.issuer();
    for (const TrustAnchor& anchor : trust_.anchors)
      if (anchor.name == issuer && certificate.signed_by(anchor.key)) return Chain{&anchor, {}};
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

std::vector<Certificate> readable(const std::vector<Buffer>& ders) {
  std::vector<Certificate> out;
  for (const Buffer& der : ders)
    if (auto certificate = Certificate::from_der(der)) out.push_back(std::move(*certificate));
  return out;
}

/// RFC 5280 section 6.1.3 (a)(1): "the certificate's signature can be verified with the working
/// public key", up to a key that is trusted.
std::optional<Chain> check_chain(const Certificate& ak, const std::vector<Certificate>& issuers,
                                 const Trust& trust, Verdict& verdict) {
  auto chain = ChainSearch(trust, issuers).from(ak);
  std::string got;
  if (chain)
    got = chain->anchor->name;
  else if (trust.anchors.empty())
    got = "nobody is trusted";
  else
    got = fmt::format("issued by \"{}\"", ak.issuer());
  verdict.require("ak.certificate.chain", chain.has_value(), "signed up to a key that is trusted",
                  std::move(got),
                  trust.anchors.empty()
                      ? std::string(kTrustHint)
                      : "the certificate is not from a CA you trust, or was changed; " +
                            std::string(kTrustHint));
  return chain;
}

/// RFC 5280 section 6.1.4 (k), (m), (n): an issuer has cA set, its path length is not exceeded, and
/// its key may sign certificates.  What we pin is held to be a CA already.
void check_issuers(const Chain& chain, Verdict& verdict) {
  std::string wrong;
  for (std::size_t below = 0; below < chain.issuers.size(); ++below) {
    const Certificate& ca = *chain.issuers[below];
    const auto path_length = ca.path_length();
    const auto unhandled = ca.unhandled_critical_extensions({});
    const bool too_long = path_length && static_cast<std::size_t>(*path_length) < below;
    if (!ca.is_ca() || !ca.may_sign_certificates() || too_long || !unhandled.empty())
      wrong = fmt::format("\"{}\" may not issue certificates here", ca.subject());
  }
  verdict.require(
      "ak.certificate.issuers", wrong.empty(), "every issuer is a CA that may issue this",
      wrong.empty() ? fmt::format("{} between the AK and the anchor", chain.issuers.size()) : wrong,
      "send the CA's own intermediate certificates");
}

/// RFC 5280 section 6.1.3 (a)(2): "the certificate validity period includes the current time".
void check_validity(const Certificate& ak, const Chain& chain, Instant now, Verdict& verdict) {
  Instant from = ak.not_before(), to = ak.not_after();
  for (const Certificate* issuer : chain.issuers)
    from = std::max(from, issuer->not_before()), to = std::min(to, issuer->not_after());
  if (chain.anchor != nullptr)
    from = std::max(from, chain.anchor->not_before), to = std::min(to, chain.anchor->not_after);
  verdict.require("ak.certificate.validity", from <= now && now <= to,
                  fmt::format("valid at {}", rfc3339(now)),
                  fmt::format("all of the chain: {} to {}", rfc3339(from), rfc3339(to)),
                  now < from ? "check the clock, or --now" : "the VM needs a new AK certificate");
}

/// RFC 5280 section 4.2.1.3: digitalSignature "is asserted when the subject public key is used for
/// verifying digital signatures".  Google's EK certificates chain like its AK certificates, and an
/// endorsement key could be made to sign: their keyUsage tells them apart.
void check_usage(const Certificate& ak, Verdict& verdict) {
  const bool says = ak.extension("2.5.29.15").has_value();  // keyUsage
  const bool ok = says && ak.may_sign_data() && !ak.is_ca();
  verdict.require("ak.certificate.usage", ok, "keyUsage digitalSignature, not a CA",
                  ok           ? "digitalSignature"
                  : !says      ? "no keyUsage"
                  : ak.is_ca() ? "a CA certificate"
                               : "no digitalSignature",
                  "send the certificate of the attestation key, not of the endorsement key");
}

/// RFC 5280 section 4.2: a critical extension that is not recognised means rejection.  The subject
/// alternative name of Google's UCA certificates is critical because their subject is empty; it
/// names the TPM (TCG EK Credential Profile 3.2.9) and grants nothing, so knowing it is enough.
void check_extensions(const Certificate& ak, Verdict& verdict) {
  const auto unhandled = ak.unhandled_critical_extensions({"2.5.29.17"});
  verdict.require("ak.certificate.extensions", unhandled.empty(),
                  "no critical extension that is unknown",
                  unhandled.empty() ? "none" : fmt::format("{}", fmt::join(unhandled, ", ")),
                  "the certificate is bound to something this version cannot check");
}

/// The GCE instance extension, which the CA vouches for as it does for the key.
std::optional<GceInstanceExtension> check_instance(const Certificate& ak, Verdict& verdict) {
  const auto der = ak.extension(kGceInstanceOid);
  if (!der) {
    verdict.absent("ak.instance.format", "the certificate names no GCE instance");
    return std::nullopt;
  }
  auto extension = parse_gce_instance_extension(*der);
  verdict.require("ak.instance.format", extension.has_value(), "a GCE instance extension",
                  extension
                      ? fmt::format("{}/{}/{}", extension->instance.project_id,
                                    extension->instance.zone, extension->instance.instance_name)
                      : to_string(extension.error()),
                  "the CA issued a certificate that this version cannot read");
  if (!extension) return std::nullopt;
  return std::move(*extension);
}

/// Google's test fleet has AK certificates under the same CAs, with isProduction false or absent:
/// they say nothing about a customer's VM.  An emulator claims no production and is named as such.
void check_production(const std::optional<GceInstanceExtension>& extension,
                      const TrustAnchor* anchor, Verdict& verdict) {
  if (anchor != nullptr && anchor->provenance == Provenance::emulated)
    return verdict.absent("ak.instance.production", "an emulator's certificate");
  const bool ok = extension && extension->is_production.value_or(false);
  verdict.require("ak.instance.production", ok, "isProduction true",
                  !extension                  ? "no instance extension"
                  : !extension->is_production ? "isProduction absent"
                  : ok                        ? "true"
                                              : "false",
                  "only certificates of production instances prove anything");
}

Result<PublicKey> key_of(const TpmPublic& p) {
  if (p.type == tpm_alg::kRsa) return PublicKey::from_rsa(p.modulus, p.exponent);
  constexpr std::uint16_t kNistP256 = 3, kNistP384 = 4;  // TPM 2.0 Part 2, 6.4
  if (p.curve != kNistP256 && p.curve != kNistP384)
    return fail(Fault::malformed, "ak_pub.curve",
                fmt::format("curve {} is not supported", p.curve));
  return PublicKey::from_ec(p.curve == kNistP256 ? KeyType::ec_p256 : KeyType::ec_p384, p.x, p.y);
}

/// TPM 2.0 Part 1 section 25: only a restricted signing key refuses to sign what merely looks like
/// a quote; fixedTPM says that it never leaves the TPM, and one that also decrypts is no AK.
void check_attributes(const TpmPublic& ak, Verdict& verdict) {
  const TpmObjectAttributes& a = ak.attributes;
  const bool ok = a.restricted && a.sign && a.fixed_tpm && a.sensitive_data_origin && !a.decrypt;
  std::vector<std::string_view> has;
  const std::pair<bool, std::string_view> named[] = {
      {a.restricted, "restricted"},
      {a.sign, "sign"},
      {a.fixed_tpm, "fixedTPM"},
      {a.sensitive_data_origin, "sensitiveDataOrigin"},
      {a.decrypt, "decrypt"}};
  for (const auto& [set, name] : named)
    if (set) has.push_back(name);
  verdict.require("ak.public.attributes", ok,
                  "restricted, sign, fixedTPM, sensitiveDataOrigin, not decrypt",
                  fmt::format("{}", fmt::join(has, ", ")),
                  "make the attestation key as a restricted signing key of the TPM");
}

std::optional<TpmPublic> check_public_format(const Attestation& attestation, Verdict& verdict) {
  auto ak = parse_tpm_public(attestation.ak_pub);
  verdict.require("ak.public.format", ak.has_value(), "a TPMT_PUBLIC of an asymmetric key",
                  ak ? (ak->type == tpm_alg::kRsa ? "RSA" : "ECC") : to_string(ak.error()),
                  "send ak_pub as the TPM gives it (TPM2_ReadPublic)");
  if (!ak) return std::nullopt;
  return std::move(*ak);
}

/// What ak_pub, which nobody signed, adds to the certificate: nothing, unless it is the same key.
void check_public(const Attestation& attestation, const PublicKey& certified, Verdict& verdict) {
  if (attestation.ak_pub.empty()) {
    for (const char* id : {"ak.public.format", "ak.public.matches", "ak.public.attributes"})
      verdict.absent(id, "no ak_pub");
    return;
  }
  const auto ak = check_public_format(attestation, verdict);
  if (!ak) {
    verdict.not_checked("ak.public.matches", "ak_pub is unreadable");
    verdict.not_checked("ak.public.attributes", "ak_pub is unreadable");
    return;
  }
  const auto key = key_of(*ak);
  const bool same = key && *key == certified;
  verdict.require("ak.public.matches", same, "the key of the AK certificate",
                  same  ? certified.describe()
                  : key ? "another key"
                        : to_string(key.error()),
                  "send ak_pub and ak_cert of one key (gotpm: --key gceAK)");
  check_attributes(*ak, verdict);
}

constexpr const char* kCertificateChecks[] = {
    "ak.certificate.format",     "ak.certificate.key",      "ak.certificate.chain",
    "ak.certificate.issuers",    "ak.certificate.validity", "ak.certificate.usage",
    "ak.certificate.extensions", "ak.instance.format",      "ak.instance.production",
    "ak.public.format",          "ak.public.matches",       "ak.public.attributes"};

/// RSA of 2048 bits or a NIST curve: what a TPM signs quotes with and CAs still certify.
std::optional<PublicKey> check_key(const Certificate& ak, Verdict& verdict) {
  auto key = ak.public_key();
  const bool ok =
      key && key->type() != KeyType::other && (key->type() != KeyType::rsa || key->bits() >= 2048);
  verdict.require("ak.certificate.key", ok, "RSA of at least 2048 bits, P-256 or P-384",
                  key ? key->describe() : to_string(key.error()),
                  "make a stronger attestation key");
  if (!ok) return std::nullopt;
  return std::move(*key);
}

}  // namespace

std::optional<AttestationKey> check_attestation_key(const Attestation& attestation,
                                                    const Trust& trust, Instant now,
                                                    Verdict& verdict) {
  if (!verdict.require(
          "ak.certificate.present", !attestation.ak_cert.empty(), "an AK certificate",
          attestation.ak_cert.empty() ? "none" : "present",
          "attest with the key that your provider certified (assay attest --key gceAK)")) {
    verdict.not_checked_from(kCertificateChecks, "ak.certificate.format", "no AK certificate");
    return std::nullopt;
  }
  const auto ak = Certificate::from_der(attestation.ak_cert);
  if (!verdict.require("ak.certificate.format", ak.has_value(), "an X.509 certificate in DER",
                       ak ? ak->fingerprint() : to_string(ak.error()),
                       "the certificate was changed or cut: read it from the TPM's NV again")) {
    verdict.not_checked_from(kCertificateChecks, "ak.certificate.key",
                             "the AK certificate is unreadable");
    return std::nullopt;
  }
  auto key = check_key(*ak, verdict);
  const std::vector<Certificate> issuers = readable(attestation.intermediates);
  const auto chain = check_chain(*ak, issuers, trust, verdict);
  if (chain)
    check_issuers(*chain, verdict);
  else
    verdict.not_checked("ak.certificate.issuers", "no chain");
  check_validity(*ak, chain.value_or(Chain{}), now, verdict);
  check_usage(*ak, verdict);
  check_extensions(*ak, verdict);
  const TrustAnchor* anchor = chain ? chain->anchor : nullptr;
  const auto extension = check_instance(*ak, verdict);
  check_production(extension, anchor, verdict);
  if (!key) {
    verdict.not_checked_from(kCertificateChecks, "ak.public.format",
                             "the AK certificate has no key to compare with");
    return std::nullopt;
  }
  check_public(attestation, *key, verdict);
  AttestationKey out{std::move(*key), anchor, std::nullopt};
  if (extension) out.instance = extension->instance;
  return out;
}

std::optional<PublicKey> check_own_key(const Attestation& attestation, Verdict& verdict) {
  const auto ak = check_public_format(attestation, verdict);
  if (!ak) {
    verdict.not_checked("ak.public.attributes", "ak_pub is unreadable");
    return std::nullopt;
  }
  check_attributes(*ak, verdict);
  auto key = key_of(*ak);
  if (!key) {
    verdict.require("ak.public.format", false, "an RSA or ECC key of a kind we know",
                    to_string(key.error()), "attest with RSA-2048 or P-256");
    return std::nullopt;
  }
  return std::move(*key);
}

}  // namespace assay
