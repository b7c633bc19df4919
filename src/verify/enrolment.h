// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/secret.h"
#include "formats/enrolment.h"
#include "verify/authentic.h"
#include "verify/check.h"
#include "verify/endorsement_key.h"
#include "verify/enrolled_key.h"

namespace assay {

/// A machine whose endorsement key somebody vouches for, and the attestation key that it says to
/// have.  Authentic is the former; of the latter only that it is of the right kind.
struct Enrollee {
  EndorsementKey ek;
  Buffer ak_public;  ///< TPMT_PUBLIC
  Buffer ak_name;
  std::string ak_fingerprint;  ///< SHA-256 of its SPKI, hex
};

struct EnrolmentRequestOutcome {
  Verdict verdict;
  std::optional<Authentic<Enrollee>> enrollee;
};

/// Is this a TPM that somebody vouches for, and is the key that it wants enrolled an attestation
/// key (ek.*, ak.public.*)?  Pure: no clock, file or network.
EnrolmentRequestOutcome authenticate_enrolment_request(const EnrolmentRequest& request,
                                                       const EndorsementExpectations& expectations);

/// A challenge and what to keep of it.
struct IssuedEnrolment {
  EnrolmentChallenge challenge;
  PendingEnrolment pending;
};

/// What varies from challenge to challenge.
struct ChallengeTerms {
  std::string id;  ///< 32 lower-case hex digits that no other challenge has
  Secret secret;   ///< 32 random bytes, for this challenge alone
  Instant now;
  std::chrono::seconds lifetime;
};

/// TPM2_MakeCredential without a TPM: the secret, encrypted so that only the enrollee's TPM opens
/// it, and only while it holds the key with the enrollee's Name.  TPM 2.0 Part 1, 24.
IssuedEnrolment issue_enrolment(const Authentic<Enrollee>& enrollee, const ChallengeTerms& terms);

/// Did the TPM of the challenge give the secret out, in time (enrolment.*, ak.public.*)?  Whoever
/// asks makes sure that each `pending` is asked once.
EnrolledKeyOutcome authenticate_enrolment_answer(const PendingEnrolment& pending,
                                                 const EnrolmentAnswer& answer, Instant now);

}  // namespace assay
