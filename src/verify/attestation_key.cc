// SPDX-License-Identifier: Apache-2.0
#include "verify/attestation_key.h"

#include <fmt/format.h>

#include "formats/tpm.h"
#include "verify/public_area.h"

namespace assay {

namespace {

/// RFC 5280 section 6.1.3 (a)(2): "the certificate validity period includes the current time".
void check_validity(const ValidityPeriod& validity, const std::string& words, Instant now,
                    Verdict& verdict) {
  const auto& [from, to] = validity;
  verdict.require("ak.certificate.validity", from <= now && now <= to,
                  fmt::format("valid at {}", rfc3339(now)), words,
                  now < from ? "check the clock, or --now" : "the VM needs a new AK certificate");
}

/// Google's test fleet has AK certificates under the same CAs, with isProduction false or absent:
/// they say nothing about a customer's VM.  An emulator claims no production and is named as such.
void check_production(const std::optional<GceInstanceExtension>& extension,
                      const std::optional<TrustAnchor>& anchor, Verdict& verdict) {
  if (anchor && anchor->provenance == Provenance::emulated)
    return verdict.absent("ak.instance.production", "an emulator's certificate");
  const bool ok = extension && extension->is_production.value_or(false);
  verdict.require("ak.instance.production", ok, "isProduction true",
                  !extension                  ? "no instance extension"
                  : !extension->is_production ? "isProduction absent"
                  : ok                        ? "true"
                                              : "false",
                  "only certificates of production instances prove anything");
}

std::optional<TpmPublic> check_public_format(const Attestation& attestation, Verdict& verdict) {
  auto ak = parse_tpm_public(attestation.ak_pub);
  verdict.require("ak.public.format", ak.has_value(), "a TPMT_PUBLIC of an asymmetric key",
                  ak ? (ak->type == tpm_alg::kRsa ? "RSA" : "ECC") : to_string(ak.error()),
                  "send ak_pub as the TPM gives it (TPM2_ReadPublic)");
  if (!ak) return std::nullopt;
  return std::move(*ak);
}

/// Whether `p` is the certified key.  Making a key of RSA's integers takes half as long as checking
/// a signature, so they are compared themselves.
bool is_key(const TpmPublic& p, const CertificatePath& certified) {
  if (p.type == tpm_alg::kRsa) {
    return certified.key_numbers && p.exponent == certified.key_numbers->exponent &&
           equal(p.modulus, certified.key_numbers->modulus);
  }
  const auto key = public_key_of(p);
  return key && certified.key && *key == *certified.key;
}

/// What a public area holds that is not the certified key.
std::string difference(const TpmPublic& p) {
  const auto key = public_key_of(p);
  return key ? "another key" : to_string(key.error());
}

/// What ak_pub, which nobody signed, adds to the certificate: nothing, unless it is the same key.
void check_public(const Attestation& attestation, const CertificatePath& certified,
                  Verdict& verdict) {
  if (attestation.ak_pub.empty()) {
    for (const char* id : {"ak.public.format", "ak.public.matches"})
      verdict.absent(id, "no ak_pub");
    for (const char* id : kPublicAreaChecks) verdict.absent(id, "no ak_pub");
    return;
  }
  const auto ak = check_public_format(attestation, verdict);
  if (!ak) {
    verdict.not_checked("ak.public.matches", "ak_pub is unreadable");
    verdict.not_checked_from(kPublicAreaChecks, kPublicAreaChecks[0], "ak_pub is unreadable");
    return;
  }
  const bool same = is_key(*ak, certified);
  verdict.require("ak.public.matches", same, "the key of the AK certificate",
                  same && certified.key ? certified.key->describe() : difference(*ak),
                  "send ak_pub and ak_cert of one key (gotpm: --key gceAK)");
  check_public_area(*ak, verdict);
}

/// The certificate and its path, remembered or read.
std::shared_ptr<const CertificatePath> path_of(const Attestation& attestation, const Trust& trust,
                                               VerifiedPaths* paths) {
  if (paths == nullptr) return CertificatePath::read(attestation, trust);
  if (auto known = paths->find(trust, CertificatePath::digest_of(attestation))) return known;
  auto path = CertificatePath::read(attestation, trust);
  paths->keep(trust, path);
  return path;
}

constexpr const char* kCertificateChecks[] = {
    "ak.certificate.format",  "ak.certificate.key",      "ak.certificate.chain",
    "ak.certificate.issuers", "ak.certificate.usage",    "ak.certificate.extensions",
    "ak.instance.format",     "ak.certificate.validity", "ak.instance.production",
    "ak.public.format",       "ak.public.matches",       "ak.public.restricted",
    "ak.public.purpose",      "ak.public.fixed_tpm",     "ak.public.fixed_parent",
    "ak.public.origin",       "ak.public.scheme"};

}  // namespace

std::shared_ptr<const CertificatePath> check_attestation_key(const Attestation& attestation,
                                                             const Trust& trust, Instant now,
                                                             VerifiedPaths* paths,
                                                             Verdict& verdict) {
  if (!verdict.require("ak.certificate.present", !attestation.ak_cert.empty(), "an AK certificate",
                       attestation.ak_cert.empty() ? "none" : "present",
                       "attest with the key that your provider certified (assay attest --key "
                       "gceAK), or have the machine's own key enrolled (docs/enrolment.md)")) {
    verdict.not_checked_from(kCertificateChecks, "ak.certificate.format", "no AK certificate");
    return nullptr;
  }
  auto path = path_of(attestation, trust, paths);
  verdict.append(path->verdict);
  const auto& validity = path->validity;
  if (!validity) {
    verdict.not_checked_from(kCertificateChecks, "ak.certificate.validity",
                             "the AK certificate is unreadable");
    return nullptr;
  }
  check_validity(*validity, path->validity_text, now, verdict);
  check_production(path->extension, path->anchor, verdict);
  if (!path->key) {
    verdict.not_checked_from(kCertificateChecks, "ak.public.format",
                             "the AK certificate has no key to compare with");
    return nullptr;
  }
  check_public(attestation, *path, verdict);
  return path;
}

std::optional<PublicKey> check_own_key(const Attestation& attestation, Verdict& verdict) {
  const auto ak = check_public_format(attestation, verdict);
  if (!ak) {
    verdict.not_checked_from(kPublicAreaChecks, kPublicAreaChecks[0], "ak_pub is unreadable");
    return std::nullopt;
  }
  check_public_area(*ak, verdict);
  auto key = public_key_of(*ak);
  if (!key) {
    verdict.require("ak.public.format", false, "an RSA or ECC key of a kind we know",
                    to_string(key.error()), "attest with RSA-2048 or P-256");
    return std::nullopt;
  }
  return std::move(*key);
}

}  // namespace assay
