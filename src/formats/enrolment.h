// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/hash_algorithm.h"
#include "base/result.h"
#include "base/secret.h"

namespace assay {

// The files of a key enrolment (docs/formats/enrolment.md): JSON objects whose member
// "assay_enrolment" says which of the five it is.  Strict: every member and no other, each binary
// one at most kMaxEnrolmentPart bytes, in base64.

inline constexpr std::size_t kMaxEnrolmentPart = 16 * 1024;
inline constexpr std::size_t kMaxEnrolmentDocument = 64 * 1024;

/// What a machine shows of itself.  Claims, nothing in it verified.
struct EnrolmentRequest {
  Buffer ek_certificate;  ///< DER; empty where the TPM has none
  Buffer ek_public;       ///< TPMT_PUBLIC of the endorsement key
  Buffer ak_public;       ///< TPMT_PUBLIC of the attestation key
  bool operator==(const EnrolmentRequest&) const = default;
};

/// A secret for one TPM, which gives it out only where it holds the attestation key too.
struct EnrolmentChallenge {
  std::string id;         ///< 32 lower-case hex digits
  Buffer ek_public;       ///< as in the request: which key of the TPM opens it
  Buffer ak_public;       ///< as in the request: which key of the TPM it is about
  Buffer credential;      ///< TPM2B_ID_OBJECT without its size
  Buffer encrypted_seed;  ///< TPM2B_ENCRYPTED_SECRET without its size
  bool operator==(const EnrolmentChallenge&) const = default;
};

/// A key, and what was found of the TPM that it is said to lie in.
struct EnrolmentSubject {
  Buffer ak_public;            ///< TPMT_PUBLIC
  std::string ek_fingerprint;  ///< SHA-256 of the endorsement key's SPKI, hex
  std::string ek_voucher;      ///< who vouches for it, for a person
  bool emulated = false;       ///< the voucher is an emulator's
  bool operator==(const EnrolmentSubject&) const = default;
};

/// What the verifier keeps of a challenge.  The secret is not in it, so that it lets nobody answer;
/// what decides is, so whoever changes it decides.
struct PendingEnrolment {
  std::string id;
  Digest secret{HashAlgorithm::sha256};  ///< SHA-256 of it
  EnrolmentSubject subject;
  Buffer ak_name;  ///< that the challenge is bound to
  Instant created, expires;
  bool operator==(const PendingEnrolment&) const = default;
};

/// What the TPM gave out.
struct EnrolmentAnswer {
  std::string id;
  Secret secret;
};

/// A key that was enrolled, for `--trust-ak`.  Whoever holds the file decides what is in it.
struct EnrolmentRecord {
  EnrolmentSubject subject;
  Instant enrolled;
  bool operator==(const EnrolmentRecord&) const = default;
};

Result<EnrolmentRequest> parse_enrolment_request(Bytes in);
Result<EnrolmentChallenge> parse_enrolment_challenge(Bytes in);
Result<PendingEnrolment> parse_pending_enrolment(Bytes in);
Result<EnrolmentAnswer> parse_enrolment_answer(Bytes in);
Result<EnrolmentRecord> parse_enrolment_record(Bytes in);

std::string encode(const EnrolmentRequest& request);
std::string encode(const EnrolmentChallenge& challenge);
std::string encode(const PendingEnrolment& pending);
std::string encode(const EnrolmentAnswer& answer);
std::string encode(const EnrolmentRecord& record);

}  // namespace assay
