// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "crypto/public_key.h"

struct x509_st;

namespace assay {

/// An X.509 certificate (RFC 5280), parsed and otherwise unjudged: reading one says nothing about
/// who made it.  A value: cheap to copy, immutable, safe to share between threads.
class Certificate {
 public:
  /// From DER; trailing bytes are refused.
  static Result<Certificate> from_der(Bytes der);
  /// All "CERTIFICATE" blocks of a PEM text, in order; at least one.
  static Result<std::vector<Certificate>> from_pem(std::string_view pem);

  [[nodiscard]] Bytes der() const { return *der_; }
  [[nodiscard]] std::string pem() const;
  /// RFC 4514 text of the name, "CN=EK/AK CA Root,OU=Google Cloud,...": as roots are pinned.
  [[nodiscard]] std::string subject() const;
  [[nodiscard]] std::string issuer() const;
  [[nodiscard]] Instant not_before() const;
  [[nodiscard]] Instant not_after() const;
  /// The subject's key, or why it is none we can use.
  [[nodiscard]] Result<PublicKey> public_key() const;
  /// Lower-case hex SHA-256 of der().
  [[nodiscard]] std::string fingerprint() const;

  /// basicConstraints cA, and its pathLenConstraint if there is one (RFC 5280 section 4.2.1.9).
  [[nodiscard]] bool is_ca() const;
  [[nodiscard]] std::optional<int> path_length() const;
  /// The keyUsage bit, or true where the extension is absent (section 4.2.1.3).
  [[nodiscard]] bool may_sign_certificates() const;
  [[nodiscard]] bool may_sign_data() const;
  /// OIDs of extendedKeyUsage; empty where absent.
  [[nodiscard]] std::vector<std::string> extended_key_usages() const;
  /// The extnValue of an extension, by dotted OID.  Borrows.
  [[nodiscard]] std::optional<Bytes> extension(const char* oid) const;
  /// OIDs of critical extensions that neither this class (basicConstraints, keyUsage,
  /// extendedKeyUsage, subjectAltName) nor the caller's `also_handled` covers.  RFC 5280
  /// section 4.2: such a certificate must be refused.  nameConstraints and policies are not
  /// covered, so they are reported.
  [[nodiscard]] std::vector<std::string> unhandled_critical_extensions(
      const std::vector<std::string>& also_handled) const;
  /// authorityInfoAccess caIssuers URLs, in order (section 4.2.2.1).
  [[nodiscard]] std::vector<std::string> ca_issuers() const;
  /// Whether `key` made the signature.  The signature algorithm must be RSASSA-PKCS1-v1_5,
  /// RSASSA-PSS or ECDSA with SHA-256 or better.
  [[nodiscard]] bool signed_by(const PublicKey& key) const;

 private:
  Certificate() = default;
  std::shared_ptr<x509_st> x509_;
  std::shared_ptr<const Buffer> der_;
};

}  // namespace assay
