// SPDX-License-Identifier: Apache-2.0
#include "verify/endorsement_key.h"

#include <fmt/format.h>

#include <algorithm>

#include "verify/certificate_chain.h"
#include "verify/public_area.h"
#include "verify/revocation_checks.h"

namespace assay {

namespace {

/// tcg-kp-EKCertificate.
constexpr std::string_view kEndorsementPurpose = "2.23.133.8.1";

constexpr std::string_view kTrustHint =
    "name whom to trust: --trust google, --trust FILE with the TPM maker's CA certificates as PEM, "
    "or --trust-ek FILE with this very key";

constexpr const char* kCertificateChecks[] = {
    "ek.certificate.format",     "ek.certificate.key",      "ek.certificate.chain",
    "ek.certificate.issuers",    "ek.certificate.validity", "ek.certificate.usage",
    "ek.certificate.extensions", "ek.instance.production",  "ek.revocation.list"};

constexpr const char* kPublicChecks[] = {"ek.public.purpose", "ek.public.fixed_tpm",
                                         "ek.public.algorithms"};

/// What a certificate says of the key, and who signed it.
struct Certified {
  PublicKey key;
  std::string voucher;
  Provenance provenance = Provenance::operator_added;
  std::optional<GceInstance> instance;
};

/// NIST SP 800-131A section 6: what transports keys is RSA of 2048 bits or more, or a NIST curve.
std::optional<PublicKey> check_key(const Certificate& ek, Verdict& verdict) {
  auto key = ek.public_key();
  verdict.require("ek.certificate.key", key.has_value(),
                  "RSA of at least 2048 bits, P-256 or P-384",
                  key ? key->describe() : to_string(key.error()),
                  "use the endorsement key of another algorithm (--ek-algo)");
  if (!key) return std::nullopt;
  return std::move(*key);
}

/// RFC 5280 section 6.1.3 (a)(1): "the certificate's signature can be verified with the working
/// public key", up to a key that is trusted.
void check_chain(const Certificate& ek, const std::optional<CertificateChain>& chain,
                 const Trust& trust, Verdict& verdict) {
  std::string got;
  if (chain)
    got = chain->anchor->name;
  else if (trust.anchors.empty())
    got = "nobody is trusted";
  else
    got = fmt::format("issued by \"{}\"", ek.issuer());
  verdict.require("ek.certificate.chain", chain.has_value(), "signed up to a key that is trusted",
                  std::move(got), kTrustHint);
}

/// RFC 5280 section 6.1.4 (k), (m), (n): an issuer has cA set, its path length is not exceeded, and
/// its key may sign certificates.
void check_issuers(const CertificateChain& chain, Verdict& verdict) {
  const std::string wrong = issuer_fault(chain);
  verdict.require(
      "ek.certificate.issuers", wrong.empty(), "every issuer is a CA that may issue this",
      wrong.empty() ? fmt::format("{} between the EK and the anchor", chain.issuers.size()) : wrong,
      "give the CA's own intermediate certificates (--intermediates)");
}

/// RFC 5280 section 6.1.3 (a)(2): "the certificate validity period includes the current time".
void check_validity(const ValidityPeriod& path, Instant now, Verdict& verdict) {
  verdict.require("ek.certificate.validity", path.from <= now && now <= path.to,
                  fmt::format("valid at {}", rfc3339(now)),
                  fmt::format("all of the chain: {} to {}", rfc3339(path.from), rfc3339(path.to)),
                  now < path.from
                      ? "check the clock, or --now"
                      : "the TPM's certificate has run out: pin its key with --trust-ek");
}

/// TCG EK Credential Profile 2.5 section 3.2.16: extendedKeyUsage has tcg-kp-EKCertificate, and
/// section 3.2.11: keyUsage is keyEncipherment for RSA, keyAgreement for ECC.  Google gave its
/// older attestation keys the same extendedKeyUsage: their keyUsage digitalSignature tells them
/// apart.
void check_usage(const Certificate& ek, Verdict& verdict) {
  const std::vector<std::string> purposes = ek.extended_key_usages();
  std::string_view wrong;
  if (ek.is_ca())
    wrong = "a CA certificate";
  else if (!is_for_encryption(ek))
    wrong = ek.may_sign_data() ? "an attestation key's: for signatures, not for encryption"
                               : "neither keyEncipherment nor keyAgreement";
  else if (std::ranges::find(purposes, kEndorsementPurpose) == purposes.end())
    wrong = purposes.empty() ? "no extendedKeyUsage" : "extendedKeyUsage of other purposes";
  verdict.require(
      "ek.certificate.usage", wrong.empty(),
      "keyUsage keyEncipherment or keyAgreement, extendedKeyUsage tcg-kp-EKCertificate, not a CA",
      std::string(wrong.empty() ? "an endorsement key's" : wrong),
      "send the certificate of the endorsement key (NV index 0x01c00002 or 0x01c0000a)");
}

/// As for attestation keys (ak.instance.production): what Google's test fleet has says nothing
/// about a customer's machine.
std::optional<GceInstance> check_production(const Certificate& ek, Provenance provenance,
                                            Verdict& verdict) {
  const auto der = ek.extension(kGceInstanceOid);
  if (!der) {
    verdict.absent("ek.instance.production", "the certificate names no GCE instance");
    return std::nullopt;
  }
  auto extension = parse_gce_instance_extension(*der);
  if (!extension) {
    verdict.require("ek.instance.production", false, "a GCE instance extension",
                    to_string(extension.error()),
                    "the CA issued a certificate that this version cannot read");
    return std::nullopt;
  }
  if (provenance == Provenance::emulated) {
    verdict.absent("ek.instance.production", "an emulator's certificate");
  } else {
    const std::optional<bool>& production = extension->is_production;
    verdict.require("ek.instance.production", production.value_or(false), "isProduction true",
                    !production   ? "isProduction absent"
                    : *production ? "true"
                                  : "false",
                    "only certificates of production instances prove anything");
  }
  return std::move(extension->instance);
}

/// The certificate and its path.
std::optional<Certified> check_certificate(Bytes der, const EndorsementExpectations& expectations,
                                           Verdict& verdict) {
  if (!verdict.require("ek.certificate.present", !der.empty(), "an EK certificate",
                       der.empty() ? "none" : "present",
                       "the TPM has no certificate: pin its key with --trust-ek, once you know it "
                       "to be this machine's")) {
    verdict.not_checked_from(kCertificateChecks, kCertificateChecks[0], "no EK certificate");
    return std::nullopt;
  }
  const auto ek = Certificate::from_der(der);
  if (!verdict.require("ek.certificate.format", ek.has_value(), "an X.509 certificate in DER",
                       ek ? ek->fingerprint() : to_string(ek.error()),
                       "the certificate was changed or cut: read it from the TPM's NV again")) {
    verdict.not_checked_from(kCertificateChecks, kCertificateChecks[1],
                             "the EK certificate is unreadable");
    return std::nullopt;
  }
  auto key = check_key(*ek, verdict);
  const std::vector<Certificate> issuers(expectations.intermediates.begin(),
                                         expectations.intermediates.end());
  const auto chain = find_chain(*ek, issuers, expectations.trust);
  check_chain(*ek, chain, expectations.trust, verdict);
  if (chain)
    check_issuers(*chain, verdict);
  else
    verdict.not_checked("ek.certificate.issuers", "no chain");
  check_validity(validity_of(*ek, chain.value_or(CertificateChain{})), expectations.now, verdict);
  check_usage(*ek, verdict);
  check_extensions("ek.certificate.extensions", *ek, verdict);
  const Provenance provenance = chain ? chain->anchor->provenance : Provenance::operator_added;
  auto instance = check_production(*ek, provenance, verdict);
  check_revocation("ek.revocation", chain ? links_of(*ek, *chain) : std::vector<CertificateLink>(),
                   expectations.revocation, expectations.now, verdict);
  if (!key) return std::nullopt;
  return Certified{std::move(*key), chain ? chain->anchor->name : std::string(), provenance,
                   std::move(instance)};
}

/// The request's public area, and the key in it.
struct Sent {
  TpmPublic area;
  PublicKey key;
};

std::optional<Sent> check_format(Bytes ek_public, Verdict& verdict) {
  auto area = parse_tpm_public(ek_public);
  auto key = area ? public_key_of(*area) : Result<PublicKey>(tl::unexpected(area.error()));
  verdict.require("ek.public.format", key.has_value(), "a TPMT_PUBLIC of an asymmetric key",
                  key ? key->describe() : to_string(key.error()),
                  "send the endorsement key as the TPM gives it (TPM2_ReadPublic)");
  if (!key) return std::nullopt;
  return Sent{std::move(*area), std::move(*key)};
}

/// The certificate vouches for a key, not for a public area: the two must have the same one.
void check_matches(const PublicKey& sent, const PublicKey& certified, Verdict& verdict) {
  const bool same = sent == certified;
  verdict.require("ek.public.matches", same, "the key of the EK certificate",
                  same ? certified.describe() : "another key: " + sent.fingerprint(),
                  "the TPM's endorsement key was made from another template than its maker's, or "
                  "its seed was changed");
}

/// Is it a key that the operator pinned?  Where the whole public area was pinned, all of it counts.
bool check_pinned(const PublicKey& sent, Bytes public_area, std::span<const TrustedKey> keys,
                  Verdict& verdict) {
  const auto found = std::ranges::find_if(keys, [&](const TrustedKey& key) {
    return key.key == sent && (key.public_area.empty() || equal(key.public_area, public_area));
  });
  const bool known = found != keys.end();
  verdict.require("ek.public.trusted", known,
                  keys.size() == 1
                      ? fmt::format("the pinned key {}", keys.front().key.fingerprint())
                      : fmt::format("one of {} pinned keys", keys.size()),
                  known ? sent.fingerprint() : "another key: " + sent.fingerprint(),
                  "the request is of another machine, or its TPM was cleared");
  return known;
}

/// TPM 2.0 Part 1, 24: credentials are protected for a key that is restricted and decrypts: only
/// such a key refuses to open them for anybody who asks.
void check_purpose(const TpmObjectAttributes& a, Verdict& verdict) {
  const bool ok = a.restricted && a.decrypt && !a.sign;
  verdict.require(
      "ek.public.purpose", ok, "restricted, decrypts and does not sign",
      fmt::format("{}, {}, {}", a.restricted ? "restricted" : "not restricted",
                  a.decrypt ? "decrypts" : "does not decrypt", a.sign ? "signs" : "does not sign"),
      "send the endorsement key, made from the TCG's template");
}

/// Part 2 section 8.3.3.2, fixedTPM: "The hierarchy of the object may not change".
void check_fixed_tpm(const TpmObjectAttributes& a, Verdict& verdict) {
  const bool ok = a.fixed_tpm && a.fixed_parent;
  verdict.require("ek.public.fixed_tpm", ok, "fixedTPM and fixedParent",
                  ok ? "fixedTPM and fixedParent" : "may be moved to another TPM",
                  "send the endorsement key, made from the TCG's template");
}

/// TCG EK Credential Profile 2.5 annex B.3: SHA-256 or SHA-384, AES in CFB mode.
std::optional<StorageKey> check_algorithms(const TpmPublic& area, Verdict& verdict) {
  auto storage = storage_key_of(area);
  verdict.require("ek.public.algorithms", storage.has_value(),
                  "a storage key with SHA-256 or better and AES in CFB mode",
                  storage ? fmt::format("{}, {}, AES-{}", storage->key.describe(),
                                        name_of(storage->name_algorithm), storage->aes_bits)
                          : storage.error().why,
                  "use the endorsement key of another algorithm (--ek-algo)");
  if (!storage) return std::nullopt;
  return std::move(*storage);
}

}  // namespace

Result<StorageKey> storage_key_of(const TpmPublic& area) {
  const auto refuse = [](std::string why) {
    return fail(Fault::malformed, "storage key", std::move(why));
  };
  if (!area.symmetric) return refuse("is no restricted decryption key");
  if (area.symmetric->algorithm != tpm_alg::kAes || area.symmetric->mode != tpm_alg::kCfb ||
      (area.symmetric->key_bits != 128 && area.symmetric->key_bits != 256))
    return refuse(fmt::format("symmetric algorithm {:#06x} with {} bits in mode {:#06x}",
                              area.symmetric->algorithm, area.symmetric->key_bits,
                              area.symmetric->mode));
  if (area.name_algorithm == HashAlgorithm::sha1 || area.name_algorithm == HashAlgorithm::sm3_256)
    return refuse(fmt::format("name algorithm {}", name_of(area.name_algorithm)));
  auto key = public_key_of(area);
  if (!key) return refuse(to_string(key.error()));
  return StorageKey{std::move(*key), area.name_algorithm, area.symmetric->key_bits};
}

std::optional<EndorsementKey> check_endorsement_key(const EnrolmentRequest& request,
                                                    const EndorsementExpectations& expectations,
                                                    Verdict& verdict) {
  Verdict own;
  std::optional<Certified> certified;
  const bool pinned = !expectations.keys.empty();
  if (pinned) {
    own.absent("ek.certificate.present", "not asked: the key itself is what is trusted");
    own.absent("ek.revocation.list", "not asked: the key itself is what is trusted");
  } else {
    certified = check_certificate(request.ek_certificate, expectations, own);
  }

  const auto sent = check_format(request.ek_public, own);
  std::optional<StorageKey> storage;
  const char* const identity = pinned ? "ek.public.trusted" : "ek.public.matches";
  if (!sent) {
    own.not_checked(identity, "the public area is unreadable");
    own.not_checked_from(kPublicChecks, kPublicChecks[0], "the public area is unreadable");
  } else {
    if (pinned)
      (void)check_pinned(sent->key, request.ek_public, expectations.keys, own);
    else if (certified)
      check_matches(sent->key, certified->key, own);
    else
      own.not_checked(identity, "no certificate to compare with");
    check_purpose(sent->area.attributes, own);
    check_fixed_tpm(sent->area.attributes, own);
    storage = check_algorithms(sent->area, own);
  }
  verdict.append(own);
  if (!own.accepted() || !sent || !storage) return std::nullopt;
  EndorsementKey out{.storage = std::move(*storage),
                     .public_area = request.ek_public,
                     .fingerprint = sent->key.fingerprint(),
                     .voucher = "pinned by --trust-ek",
                     .provenance = Provenance::operator_added,
                     .instance = std::nullopt};
  if (certified) {
    out.voucher = std::move(certified->voucher);
    out.provenance = certified->provenance;
    out.instance = std::move(certified->instance);
  }
  return out;
}

}  // namespace assay
