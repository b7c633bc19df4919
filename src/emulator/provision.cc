// SPDX-License-Identifier: Apache-2.0
#include "emulator/provision.h"

#include "collect/attester.h"
#include "collect/endorsement.h"
#include "formats/tpm.h"

namespace assay {
namespace {

Result<PublicKey> public_key_of(const TpmKey& key) {
  const auto area = parse_tpm_public(key.public_area());
  if (!area) return pass_on(area);
  if (area->type == tpm_alg::kRsa) return PublicKey::from_rsa(area->modulus, area->exponent);
  return PublicKey::from_ec(KeyType::ec_p256, area->x, area->y);
}

/// Whether `der` is what we would issue again.
bool still_right(Bytes der, const VendorCa& ca, const std::string& issuer_url) {
  const auto certificate = Certificate::from_der(der);
  if (!certificate) return false;
  const auto issuer = ca.intermediate().public_key();
  return issuer && certificate->signed_by(*issuer) &&
         certificate->ca_issuers() == std::vector<std::string>{issuer_url};
}

/// The certificate of the endorsement key, which needs no template: everybody knows it.
Status provision_endorsement(Tpm& tpm, KeyAlgorithm algorithm, const VendorCa& ca,
                             const GceInstance& instance, const std::string& issuer_url,
                             Instant now) {
  const std::uint32_t index = endorsement_key_indexes(algorithm).certificate;
  const auto present = tpm.read_nv(index);
  if (!present) return pass_on(present);
  if (const auto& old = *present; old && still_right(*old, ca, issuer_url)) return {};
  const auto key = tpm.create_primary(Hierarchy::endorsement, endorsement_key_template(algorithm));
  if (!key) return pass_on(key);
  const auto public_key = public_key_of(*key);
  if (!public_key) return pass_on(public_key);
  const auto certificate = ca.certify_endorsement_key(*public_key, instance, issuer_url, now);
  if (!certificate) return pass_on(certificate);
  return tpm.write_platform_nv(index, kProviderNvAttributes, certificate->der());
}

Status provision_attestation(Tpm& tpm, KeyAlgorithm algorithm, const VendorCa& ca,
                             const GceInstance& instance, const std::string& issuer_url,
                             Instant now) {
  const ProviderKeyIndexes index = provider_key_indexes(algorithm);
  const auto present = tpm.read_nv(index.certificate);
  if (!present) return pass_on(present);
  if (const auto& old = *present; old && still_right(*old, ca, issuer_url)) return {};

  const Buffer key_template = attestation_key_template(algorithm);
  const auto key = tpm.create_primary(Hierarchy::endorsement, key_template);
  if (!key) return pass_on(key);
  const auto public_key = public_key_of(*key);
  if (!public_key) return pass_on(public_key);
  const auto certificate = ca.certify_attestation_key(*public_key, instance, issuer_url, now);
  if (!certificate) return pass_on(certificate);
  if (Status written =
          tpm.write_platform_nv(index.public_template, kProviderNvAttributes, key_template);
      !written) {
    return written;
  }
  return tpm.write_platform_nv(index.certificate, kProviderNvAttributes, certificate->der());
}

}  // namespace

Status provision_keys(Tpm& tpm, const VendorCa& ca, const GceInstance& instance,
                      const std::string& issuer_url, Instant now) {
  for (const KeyAlgorithm algorithm : {KeyAlgorithm::rsa, KeyAlgorithm::ecc}) {
    for (const auto provision : {provision_attestation, provision_endorsement}) {
      if (Status done = provision(tpm, algorithm, ca, instance, issuer_url, now); !done)
        return done;
    }
  }
  return {};
}

}  // namespace assay
