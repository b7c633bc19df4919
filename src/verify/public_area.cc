// SPDX-License-Identifier: Apache-2.0
#include "verify/public_area.h"

#include <fmt/format.h>

namespace assay {

namespace {

constexpr std::string_view kHint =
    "make the attestation key as a restricted signing key that the TPM generates";

/// TPM 2.0 Part 1 section 25: only a restricted signing key refuses to sign what merely looks like
/// a quote (TPM_GENERATED_VALUE).
void check_restricted(const TpmObjectAttributes& a, Verdict& verdict) {
  verdict.require("ak.public.restricted", a.restricted, "restricted",
                  a.restricted ? "restricted" : "signs whatever it is given", kHint);
}

/// Part 2 section 8.3.3: a key that also decrypts is a storage or endorsement key, whose purpose
/// lets others choose what it works on.
void check_purpose(const TpmObjectAttributes& a, Verdict& verdict) {
  std::string_view got = "neither signs nor decrypts";
  if (a.sign && a.decrypt) got = "signs and decrypts";
  if (a.sign && !a.decrypt) got = "signs";
  if (!a.sign && a.decrypt) got = "decrypts";
  verdict.require("ak.public.purpose", a.sign && !a.decrypt, "signs and does not decrypt",
                  std::string(got), kHint);
}

/// Part 2 section 8.3.3.2, fixedTPM: "The hierarchy of the object may not change".
void check_fixed_tpm(const TpmObjectAttributes& a, Verdict& verdict) {
  verdict.require("ak.public.fixed_tpm", a.fixed_tpm, "fixedTPM",
                  a.fixed_tpm ? "fixedTPM" : "may be duplicated to another TPM", kHint);
}

/// Part 2 section 8.3.3.4, fixedParent: with fixedTPM it must be set, or no TPM made this area.
void check_fixed_parent(const TpmObjectAttributes& a, Verdict& verdict) {
  verdict.require("ak.public.fixed_parent", a.fixed_parent, "fixedParent",
                  a.fixed_parent ? "fixedParent" : "may be moved under another key", kHint);
}

/// Part 2 section 8.3.3.5, sensitiveDataOrigin: the TPM "generated all of the sensitive data other
/// than the authValue", so nobody has known the private key.
void check_origin(const TpmObjectAttributes& a, Verdict& verdict) {
  verdict.require("ak.public.origin", a.sensitive_data_origin, "sensitiveDataOrigin",
                  a.sensitive_data_origin ? "sensitiveDataOrigin" : "made outside of the TPM",
                  kHint);
}

std::string name_of_scheme(std::uint16_t scheme) {
  switch (scheme) {
    case tpm_alg::kNull:
      return "no scheme";
    case tpm_alg::kRsassa:
      return "RSASSA";
    case tpm_alg::kRsapss:
      return "RSAPSS";
    case tpm_alg::kEcdsa:
      return "ECDSA";
    default:
      return fmt::format("scheme {:#06x}", scheme);
  }
}

/// Part 2 section 12.2.3.5: a restricted signing key has its scheme fixed.  It must be the one
/// that its quotes are verified with, and NIST SP 800-131A section 3 rules SHA-1 out.
void check_scheme(const TpmPublic& area, Verdict& verdict) {
  const std::uint16_t wanted = area.type == tpm_alg::kRsa ? tpm_alg::kRsassa : tpm_alg::kEcdsa;
  const bool strong = area.scheme_hash && *area.scheme_hash != HashAlgorithm::sha1 &&
                      *area.scheme_hash != HashAlgorithm::sm3_256;
  std::string got = name_of_scheme(area.scheme);
  if (area.scheme_hash) got += fmt::format(" with {}", name_of(*area.scheme_hash));
  verdict.require("ak.public.scheme", area.scheme == wanted && strong,
                  fmt::format("{} with SHA-256 or better", name_of_scheme(wanted)), std::move(got),
                  "make the attestation key with RSASSA or ECDSA and SHA-256");
}

}  // namespace

Result<PublicKey> public_key_of(const TpmPublic& area) {
  if (area.type == tpm_alg::kRsa) return PublicKey::from_rsa(area.modulus, area.exponent);
  constexpr std::uint16_t kNistP256 = 3, kNistP384 = 4;  // TPM 2.0 Part 2, 6.4
  if (area.curve != kNistP256 && area.curve != kNistP384)
    return fail(Fault::malformed, "ak_pub.curve",
                fmt::format("curve {} is not supported", area.curve));
  return PublicKey::from_ec(area.curve == kNistP256 ? KeyType::ec_p256 : KeyType::ec_p384, area.x,
                            area.y);
}

void check_public_area(const TpmPublic& area, Verdict& verdict) {
  check_restricted(area.attributes, verdict);
  check_purpose(area.attributes, verdict);
  check_fixed_tpm(area.attributes, verdict);
  check_fixed_parent(area.attributes, verdict);
  check_origin(area.attributes, verdict);
  check_scheme(area, verdict);
}

}  // namespace assay
