// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "crypto/certificate.h"
#include "crypto/private_key.h"

namespace assay {

/// What the key of a certificate that is no CA's is for: its keyUsage (RFC 5280 section 4.2.1.3).
enum class CertifiedPurpose {
  signing,       ///< digitalSignature
  encipherment,  ///< keyEncipherment: an RSA endorsement key
  agreement,     ///< keyAgreement: an ECC endorsement key
};

/// What a certificate to be issued says.  Names are lists of (attribute short name, value), most
/// significant first: {{"O", "assay emulator"}, {"CN", "Root"}}.
struct CertificateTemplate {
  std::vector<std::pair<std::string, std::string>> subject;
  Instant not_before;
  Instant not_after;
  bool is_ca = false;
  CertifiedPurpose purpose = CertifiedPurpose::signing;  ///< not of CAs
  std::optional<int> path_length;                        ///< CAs only
  std::vector<std::string> ca_issuers;                   ///< URLs for authorityInfoAccess
  /// (dotted OID, DER of the extension's value); never critical.
  std::vector<std::pair<std::string, Buffer>> extensions;
};

/// A certificate for `subject_key`, signed by `issuer_key` with SHA-256, serial of 16 random bytes,
/// subjectKeyIdentifier and authorityKeyIdentifier set, keyUsage keyCertSign|cRLSign for CAs and
/// that of the purpose otherwise.  `issuer` empty: self-signed, `issuer_key` must then be the
/// subject's.
Result<Certificate> issue_certificate(const CertificateTemplate& content,
                                      const PublicKey& subject_key,
                                      const std::optional<Certificate>& issuer,
                                      const PrivateKey& issuer_key);

}  // namespace assay
