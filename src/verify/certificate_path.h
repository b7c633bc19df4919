// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "collateral/trust.h"
#include "formats/attestation.h"
#include "verify/certificate_chain.h"
#include "verify/check.h"

namespace assay {

/// An AK certificate and its path to an anchor: all that can be said of them without a clock, and
/// therefore what may be remembered (VerifiedPaths).  Immutable, and safe to share between threads.
struct CertificatePath {
  /// Reads ak_cert, which must be there, and looks for a path to an anchor through the
  /// intermediates.  Never null.
  static std::shared_ptr<const CertificatePath> read(const Attestation& attestation,
                                                     const Trust& trust);
  /// What tells the certificates of one attestation from those of another: SHA-256 of ak_cert and
  /// the intermediates, each with its length, in their order.
  static Digest digest_of(const Attestation& attestation);

  CertificatePath(const CertificatePath&) = delete;
  CertificatePath& operator=(const CertificatePath&) = delete;

  using Validity = ValidityPeriod;

  using Link = CertificateLink;

  Digest evidence{HashAlgorithm::sha256};  ///< digest_of what it was read from
  Verdict verdict;               ///< ak.certificate.*, but validity, and ak.instance.format
  std::optional<PublicKey> key;  ///< even where nobody vouches for it
  std::optional<PublicKey::RsaNumbers> key_numbers;  ///< of an RSA key, to compare ak_pub with
  std::string key_fingerprint;                       ///< SHA-256 of its SPKI, hex
  std::optional<TrustAnchor> anchor;                 ///< who vouches
  std::vector<Link> links;           ///< the AK's certificate first; empty where nobody vouches
  std::optional<Validity> validity;  ///< of all certificates and the anchor; none if unreadable
  std::string validity_text;         ///< the same, for a person
  std::optional<GceInstanceExtension> extension;  ///< what the CA says of the instance

 private:
  /// Nobody but read() makes a path, so none can be remembered that was not walked.
  CertificatePath() = default;
};

}  // namespace assay
