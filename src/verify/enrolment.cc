// SPDX-License-Identifier: Apache-2.0
#include "verify/enrolment.h"

#include <fmt/format.h>

#include "base/byte_writer.h"
#include "base/check.h"
#include "base/hex.h"
#include "crypto/hash.h"
#include "verify/enrolled_key.h"

namespace assay {

/// The one place that may call an endorsement key or an enrolled key authentic.
class EnrolmentAuthenticator {
 public:
  template <class T>
  static Authentic<T> vouch_for(T value) {
    return {AuthenticityProof(), std::move(value)};
  }
};

namespace {

/// A challenge is good until it expires: an answer that was stolen, or held back, is not forever.
void check_expiry(const PendingEnrolment& pending, Instant now, Verdict& verdict) {
  verdict.require("enrolment.challenge.expiry", pending.created <= now && now <= pending.expires,
                  fmt::format("{} to {}", rfc3339(pending.created), rfc3339(pending.expires)),
                  rfc3339(now),
                  now < pending.created ? "check the clock, or --now"
                                        : "make a new challenge, and answer it in time");
}

void check_id(const PendingEnrolment& pending, const EnrolmentAnswer& answer, Verdict& verdict) {
  verdict.require("enrolment.challenge.id", pending.id == answer.id, "challenge " + pending.id,
                  "challenge " + answer.id, "give the answer to this challenge");
}

/// TPM 2.0 Part 1, 16: a Name is nameAlg and the digest of the public area.  The key that is
/// enrolled must be the one whose Name the credential was bound to.
void check_name(const PendingEnrolment& pending, const TpmPublic& area, Verdict& verdict) {
  const Buffer name = tpm_name(area.name_algorithm, pending.subject.ak_public);
  verdict.require("enrolment.challenge.name", equal(name, pending.ak_name),
                  "the Name that the challenge was bound to: " + hex(pending.ak_name), hex(name),
                  "the pending file was changed: make a new challenge");
}

/// TPM 2.0 Part 3, TPM2_ActivateCredential: the TPM returns the secret only to one who has the key
/// with the Name and the endorsement key loaded.
void check_secret(const PendingEnrolment& pending, const EnrolmentAnswer& answer,
                  Verdict& verdict) {
  const Digest got = hash(HashAlgorithm::sha256, answer.secret.reveal());
  const bool same = equal_in_constant_time(got.bytes(), pending.secret.bytes());
  verdict.require("enrolment.answer.secret", same, "the secret of the challenge",
                  same ? "the same" : "another one",
                  "answer with `assay tpm enroll answer` on the machine that made the request");
}

}  // namespace

EnrolmentRequestOutcome authenticate_enrolment_request(
    const EnrolmentRequest& request, const EndorsementExpectations& expectations) {
  EnrolmentRequestOutcome out;
  auto ek = check_endorsement_key(request, expectations, out.verdict);
  const auto claimed = check_claimed_key(request.ak_public, out.verdict);
  if (!out.verdict.accepted()) return out;
  ASSAY_CHECK(ek && claimed);
  out.enrollee = EnrolmentAuthenticator::vouch_for(
      Enrollee{.ek = std::move(*ek),
               .ak_public = request.ak_public,
               .ak_name = tpm_name(claimed->area.name_algorithm, request.ak_public),
               .ak_fingerprint = claimed->key.fingerprint()});
  return out;
}

IssuedEnrolment issue_enrolment(const Authentic<Enrollee>& enrollee, const ChallengeTerms& terms) {
  ASSAY_CHECK(terms.secret.size() == 32 && terms.lifetime.count() > 0);
  const Secret content(ByteWriter().sized_be16(terms.secret.reveal()).take());  // TPM2B_DIGEST
  Wrapped wrapped = wrap_for_tpm(enrollee->ek.storage, WrapPurpose::identity, enrollee->ak_name,
                                 content.reveal());
  return {.challenge = {.id = terms.id,
                        .ek_public = enrollee->ek.public_area,
                        .ak_public = enrollee->ak_public,
                        .credential = std::move(wrapped.blob),
                        .encrypted_seed = std::move(wrapped.seed)},
          .pending = {.id = terms.id,
                      .secret = hash(HashAlgorithm::sha256, terms.secret.reveal()),
                      .subject = {.ak_public = enrollee->ak_public,
                                  .ek_fingerprint = enrollee->ek.fingerprint,
                                  .ek_voucher = enrollee->ek.voucher,
                                  .emulated = enrollee->ek.provenance == Provenance::emulated},
                      .ak_name = enrollee->ak_name,
                      .created = terms.now,
                      .expires = terms.now + terms.lifetime}};
}

EnrolledKeyOutcome authenticate_enrolment_answer(const PendingEnrolment& pending,
                                                 const EnrolmentAnswer& answer, Instant now) {
  EnrolledKeyOutcome out;
  check_id(pending, answer, out.verdict);
  check_expiry(pending, now, out.verdict);
  check_secret(pending, answer, out.verdict);
  const auto claimed = check_claimed_key(pending.subject.ak_public, out.verdict);
  if (claimed)
    check_name(pending, claimed->area, out.verdict);
  else
    out.verdict.not_checked("enrolment.challenge.name", "the attestation key is unreadable");
  if (!out.verdict.accepted()) return out;
  ASSAY_CHECK(claimed);
  out.key = EnrolmentAuthenticator::vouch_for(
      EnrolledKey{pending.subject.ak_public, claimed->key,
                  pending.subject.emulated ? Provenance::emulated : Provenance::operator_added});
  return out;
}

}  // namespace assay
