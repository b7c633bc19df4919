// SPDX-License-Identifier: Apache-2.0
#include "verify/register_challenge.h"

#include "base/byte_writer.h"
#include "base/check.h"
#include "base/hex.h"
#include "crypto/hash.h"
#include "crypto/hmac.h"
#include "formats/keyed_hash.h"

namespace assay {

/// The one place that may call a registered key authentic.
class RegisterAuthenticator {
 public:
  static Authentic<EnrolledKey> vouch_for(EnrolledKey key) {
    return {AuthenticityProof(), std::move(key)};
  }
};

namespace {

/// gotpm's import certification: the signature is "HMAC-SHA256 over the digest of certifyInfo" with
/// the challenge's secret, which only the TPM that opened the challenge has, and which signs
/// nothing but what that TPM made (restricted).
void check_signature(const CertifiedBlob& blob, Bytes secret, Verdict& verdict) {
  const auto sent = parse_tpm_hmac(blob.signature);
  const Digest wanted =
      hmac(HashAlgorithm::sha256, secret, hash(HashAlgorithm::sha256, blob.attest).bytes());
  const bool same = sent && sent->algorithm() == wanted.algorithm() &&
                    equal_in_constant_time(sent->bytes(), wanted.bytes());
  verdict.require("register.certify.signature", same, "HMAC-SHA256 with the challenge's secret",
                  !sent  ? to_string(sent.error())
                  : same ? "the same"
                         : "another one",
                  "answer this challenge on the machine whose endorsement key it was made for");
}

/// TPM 2.0 Part 2, 6.2: TPM_GENERATED_VALUE is what tells a TPM's statement from others' bytes, and
/// 10.12.3: only the type "certify" says that a key is loaded.
std::optional<CertifyAttest> check_structure(Bytes attest, Verdict& verdict) {
  auto certify = parse_certify_attest(attest);
  verdict.require("register.certify.structure", certify.has_value(),
                  "a TPMS_ATTEST that a TPM made, of type certify (0x8017)",
                  certify ? "of type certify" : to_string(certify.error()),
                  "send certify_info as TPM2_Certify gave it");
  if (!certify) return std::nullopt;
  return std::move(*certify);
}

/// TPM 2.0 Part 3, TPM2_Certify: it "proves that an object with a specific Name is loaded in the
/// TPM".  The key sent must have that Name.
void check_certified_name(const CertifyAttest& certify, const TpmPublic& area, Bytes public_area,
                          Verdict& verdict) {
  const Buffer name = tpm_name(area.name_algorithm, public_area);
  verdict.require("register.certify.name", equal(name, certify.name),
                  "the Name of the key: " + hex(name), hex(certify.name),
                  "send pub_area of the key that was certified, whole and unchanged");
}

/// TPM 2.0 Part 1, 16: the Qualified Name "is the digest of all the ancestor Names"; that of an
/// object which hangs in no hierarchy, loaded from outside, is its Name.
void check_qualified_name(const CertifyAttest& certify, Verdict& verdict) {
  const bool ok = !certify.qualified_name.empty() && certify.qualified_name != certify.name;
  verdict.require("register.certify.hierarchy", ok, "a key of one of the TPM's hierarchies",
                  ok ? "qualified by its parents" : "a key loaded from outside",
                  "certify a key that the TPM made");
}

constexpr const char* kStatementChecks[] = {"register.certify.name", "register.certify.hierarchy"};

}  // namespace

ImportBlob issue_register_challenge(const StorageKey& ek, const Secret& secret, Bytes obfuscation) {
  ASSAY_CHECK(secret.size() == kRegisterSecretBytes && obfuscation.size() == 32);
  // TPM 2.0 Part 1, 27.3.2.1: of a keyed-hash object "unique" is H(seedValue || sensitive).
  const Secret both(ByteWriter().bytes(obfuscation).bytes(secret.reveal()).take());
  Buffer area = hmac_key_public(hash(HashAlgorithm::sha256, both.reveal()).bytes());
  const Secret sensitive = keyed_hash_sensitive(obfuscation, secret.reveal());
  Wrapped wrapped = wrap_for_tpm(ek, WrapPurpose::duplicate, tpm_name(HashAlgorithm::sha256, area),
                                 sensitive.reveal());
  return {std::move(wrapped.blob), std::move(wrapped.seed), std::move(area)};
}

EnrolledKeyOutcome authenticate_certified_key(const CertifiedBlob& blob, const Secret& secret) {
  // With a shorter secret somebody could guess it, and with none everybody knows it.
  ASSAY_CHECK(secret.size() == kRegisterSecretBytes);
  EnrolledKeyOutcome out;
  check_signature(blob, secret.reveal(), out.verdict);
  const auto certify = check_structure(blob.attest, out.verdict);
  const auto claimed = check_claimed_key(blob.public_area, out.verdict);
  if (certify && claimed) {
    check_certified_name(*certify, claimed->area, blob.public_area, out.verdict);
    check_qualified_name(*certify, out.verdict);
  } else {
    out.verdict.not_checked_from(kStatementChecks, kStatementChecks[0],
                                 "the statement or the key is unreadable");
  }
  out.verdict.absent("register.certify.exclusive",
                     "cannot be known: root of the machine can take the challenge out of the TPM");
  if (!out.verdict.accepted()) return out;
  ASSAY_CHECK(claimed);
  out.key = RegisterAuthenticator::vouch_for(
      EnrolledKey{blob.public_area, claimed->key, Provenance::operator_added});
  return out;
}

}  // namespace assay
