// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "base/clock.h"
#include "crypto/certificate.h"
#include "crypto/certificate_builder.h"
#include "crypto/private_key.h"
#include "formats/gce_instance.h"

namespace assay {

/// The emulator's stand-in for Google's EK/AK CA: a root, and an intermediate that signs
/// attestation key certificates.  Everything it issues says O=assay emulator, so that nobody takes
/// it for hardware.
class VendorCa {
 public:
  /// The CA kept in `directory` (keys and certificates, mode 0600), or a new one, kept there.
  static Result<VendorCa> load_or_make(const std::filesystem::path& directory, Instant now);

  [[nodiscard]] const Certificate& root() const { return root_; }
  [[nodiscard]] const Certificate& intermediate() const { return intermediate_; }

  /// A certificate for the attestation key of `instance`, as Google issues them: the instance
  /// extension, and authorityInfoAccess with `issuer_url`, where intermediate() is served as DER.
  [[nodiscard]] Result<Certificate> certify_attestation_key(const PublicKey& key,
                                                            const GceInstance& instance,
                                                            const std::string& issuer_url,
                                                            Instant now) const;
  /// The same for its endorsement key: for encryption, with the extendedKeyUsage of such keys.
  [[nodiscard]] Result<Certificate> certify_endorsement_key(const PublicKey& key,
                                                            const GceInstance& instance,
                                                            const std::string& issuer_url,
                                                            Instant now) const;

 private:
  [[nodiscard]] CertificateTemplate content_for(const GceInstance& instance,
                                                const std::string& issuer_url, Instant now) const;
  VendorCa(PrivateKey intermediate_key, Certificate root, Certificate intermediate)
      : intermediate_key_(std::move(intermediate_key)),
        root_(std::move(root)),
        intermediate_(std::move(intermediate)) {}
  PrivateKey intermediate_key_;
  Certificate root_;
  Certificate intermediate_;
};

}  // namespace assay
