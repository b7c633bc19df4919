// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "crypto/certificate.h"

struct X509_crl_st;

namespace assay {

/// A certificate revocation list (RFC 5280 section 5), parsed and otherwise unjudged: reading one
/// says nothing about who made it.  A value: cheap to copy, immutable, safe to share between
/// threads.
class Crl {
 public:
  /// From DER; trailing bytes are refused, and so is a cRLNumber that is negative or longer than
  /// the 20 octets of RFC 5280 section 5.2.3.  At most 8 MiB.  Fault::malformed.
  static Result<Crl> from_der(Bytes der);

  /// RFC 4514 text of the name, as Certificate::issuer gives it.
  [[nodiscard]] const std::string& issuer() const { return issuer_; }
  [[nodiscard]] Instant this_update() const { return this_update_; }
  /// RFC 5280 section 5.1.2.5 wants it; lists without one are read all the same.
  [[nodiscard]] std::optional<Instant> next_update() const { return next_update_; }
  /// RFC 5280 section 5.2.3, cRLNumber: "a monotonically increasing sequence number for a given CRL
  /// scope and CRL issuer".  Big-endian without leading zeros, so zero is empty; none: the list has
  /// no number.
  [[nodiscard]] const std::optional<Buffer>& number() const { return number_; }
  /// Whether the list names this serial number (serial_of), for whatever reason.
  [[nodiscard]] bool names(Bytes serial) const;
  [[nodiscard]] std::size_t size() const { return serials_.size(); }
  /// What makes it another thing than the full list of its issuer's own certificates, by OID:
  /// every critical extension of the list (issuingDistributionPoint and deltaCRLIndicator among
  /// them) or of an entry (certificateIssuer).  RFC 5280 section 5.2: "If a CRL contains a critical
  /// extension that the application cannot process, then the application MUST NOT use that CRL to
  /// determine the status of certificates."
  [[nodiscard]] const std::vector<std::string>& unhandled_extensions() const { return unhandled_; }
  /// Whether `key` made the signature, which must be RSASSA-PKCS1-v1_5 or ECDSA with SHA-256 or
  /// better.
  [[nodiscard]] bool signed_by(const PublicKey& key) const;

 private:
  Crl() = default;
  std::shared_ptr<X509_crl_st> crl_;
  std::string issuer_;
  Instant this_update_;
  std::optional<Instant> next_update_;
  std::optional<Buffer> number_;
  std::vector<Buffer> serials_;  ///< sorted
  std::vector<std::string> unhandled_;
};

/// Whether `list` has a lower cRLNumber than `other`, of the same issuer.  None is lower than any.
bool has_lower_number(const Crl& list, const Crl& other);

/// The lists of a file: one in DER, or all PEM blocks "X509 CRL", at least one.  Fault::malformed,
/// also for more than 16 lists of one issuer's name: whoever judges a certificate verifies them
/// all.
Result<std::vector<Crl>> parse_crls(std::string_view where, Bytes file);

/// The serial number of a certificate as its DER has it: the content octets of the INTEGER.
Buffer serial_of(const Certificate& certificate);

}  // namespace assay
