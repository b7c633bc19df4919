// SPDX-License-Identifier: Apache-2.0
#include "verify/certificate_path.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "crypto/certificate.h"
#include "crypto/hash.h"
#include "verify/certificate_chain.h"

namespace assay {

namespace {

constexpr std::string_view kTrustHint =
    "name whom to trust: --trust google, or --trust FILE with the CA certificates as PEM";

std::vector<Certificate> readable(const std::vector<Buffer>& ders) {
  std::vector<Certificate> out;
  for (const Buffer& der : ders)
    if (auto certificate = Certificate::from_der(der)) out.push_back(std::move(*certificate));
  return out;
}

/// RFC 5280 section 6.1.3 (a)(1): "the certificate's signature can be verified with the working
/// public key", up to a key that is trusted.
std::optional<CertificateChain> check_chain(const Certificate& ak,
                                            const std::vector<Certificate>& issuers,
                                            const Trust& trust, Verdict& verdict) {
  auto chain = find_chain(ak, issuers, trust);
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
void check_issuers(const CertificateChain& chain, Verdict& verdict) {
  const std::string wrong = issuer_fault(chain);
  verdict.require(
      "ak.certificate.issuers", wrong.empty(), "every issuer is a CA that may issue this",
      wrong.empty() ? fmt::format("{} between the AK and the anchor", chain.issuers.size()) : wrong,
      "send the CA's own intermediate certificates");
}

/// RFC 5280 section 4.2.1.12: with extendedKeyUsage "the certificate MUST only be used for one of
/// the purposes indicated".  Google's older AK certificates say that they are of an endorsement
/// key, newer ones say nothing: either purpose of a TPM's key will do, one of another kind not.
bool is_for_tpm_keys(const Certificate& ak) {
  const std::vector<std::string> purposes = ak.extended_key_usages();
  return purposes.empty() || std::any_of(purposes.begin(), purposes.end(), [](const auto& oid) {
           return oid == "2.23.133.8.1" ||
                  oid == "2.23.133.8.3";  // TCG EK Credential Profile 3.2.16
         });
}

/// RFC 5280 section 4.2.1.3: digitalSignature "is asserted when the subject public key is used for
/// verifying digital signatures".  Google's EK certificates chain like its AK certificates, and an
/// endorsement key could be made to sign: their keyUsage tells them apart.
void check_usage(const Certificate& ak, Verdict& verdict) {
  const auto usage = ak.extension("2.5.29.15");  // keyUsage
  std::string_view wrong;
  if (!usage)
    wrong = "no keyUsage";
  else if (ak.is_ca())
    wrong = "a CA certificate";
  else if (!ak.may_sign_data())
    wrong = is_for_encryption(ak) ? "an endorsement key's: for encryption, not for signatures"
                                  : "no digitalSignature";
  else if (!is_for_tpm_keys(ak))
    wrong = "extendedKeyUsage of other purposes";
  verdict.require("ak.certificate.usage", wrong.empty(),
                  "keyUsage digitalSignature, for a TPM's key, not a CA",
                  std::string(wrong.empty() ? "digitalSignature" : wrong),
                  "send the certificate of the attestation key, not of the endorsement key");
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

/// RSA of 2048 bits or a NIST curve: what a TPM signs quotes with and CAs still certify.
std::optional<PublicKey> check_key(const Certificate& ak, Verdict& verdict) {
  auto key = ak.public_key();
  const bool ok = key && (key->type() != KeyType::rsa || key->bits() >= 2048);
  verdict.require("ak.certificate.key", ok, "RSA of at least 2048 bits, P-256 or P-384",
                  key ? key->describe() : to_string(key.error()),
                  "make a stronger attestation key");
  if (!ok) return std::nullopt;
  return std::move(*key);
}

constexpr const char* kPathChecks[] = {"ak.certificate.key",        "ak.certificate.chain",
                                       "ak.certificate.issuers",    "ak.certificate.usage",
                                       "ak.certificate.extensions", "ak.instance.format"};

}  // namespace

Digest CertificatePath::digest_of(const Attestation& attestation) {
  Hasher hasher(HashAlgorithm::sha256);
  const auto add = [&hasher](Bytes der) {
    std::array<std::uint8_t, 8> size{};
    for (std::size_t i = 0; i < size.size(); ++i)
      size[i] = static_cast<std::uint8_t>(der.size() >> 8 * i);
    hasher.update(size).update(der);
  };
  add(attestation.ak_cert);
  for (const Buffer& der : attestation.intermediates) add(der);
  return hasher.finish();
}

std::shared_ptr<const CertificatePath> CertificatePath::read(const Attestation& attestation,
                                                             const Trust& trust) {
  const std::shared_ptr<CertificatePath> out(new CertificatePath);
  out->evidence = digest_of(attestation);
  Verdict verdict;
  const auto ak = Certificate::from_der(attestation.ak_cert);
  if (!verdict.require("ak.certificate.format", ak.has_value(), "an X.509 certificate in DER",
                       ak ? ak->fingerprint() : to_string(ak.error()),
                       "the certificate was changed or cut: read it from the TPM's NV again")) {
    verdict.not_checked_from(kPathChecks, kPathChecks[0], "the AK certificate is unreadable");
    out->verdict = verdict;
    return out;
  }
  if (const auto& key = out->key = check_key(*ak, verdict)) {
    out->key_numbers = key->rsa_numbers();
    out->key_fingerprint = key->fingerprint();
  }
  const std::vector<Certificate> issuers = readable(attestation.intermediates);
  const auto chain = check_chain(*ak, issuers, trust, verdict);
  if (chain)
    check_issuers(*chain, verdict);
  else
    verdict.not_checked("ak.certificate.issuers", "no chain");
  if (chain) {
    out->anchor = *chain->anchor;
    out->links = links_of(*ak, *chain);
  }
  const ValidityPeriod validity = validity_of(*ak, chain.value_or(CertificateChain{}));
  out->validity = validity;
  out->validity_text =
      fmt::format("all of the chain: {} to {}", rfc3339(validity.from), rfc3339(validity.to));
  check_usage(*ak, verdict);
  check_extensions("ak.certificate.extensions", *ak, verdict);
  out->extension = check_instance(*ak, verdict);
  out->verdict = verdict;  // copied: the copy has no spare room
  return out;
}

}  // namespace assay
