// SPDX-License-Identifier: Apache-2.0
#include "emulator/vendor_ca.h"

#include <functional>

#include "crypto/certificate_builder.h"
#include "emulator/kept_key.h"
#include "host/file.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

constexpr const char* kOrganisation = "assay emulator";
// As long as Google's: a virtual VM that is kept does not end by itself.
constexpr std::chrono::days kLifetime{30 * 365};
constexpr std::chrono::hours kSlack{1};

CertificateTemplate template_of(const char* common_name, Instant now) {
  CertificateTemplate out;
  out.subject = {{"O", kOrganisation}, {"CN", common_name}};
  out.not_before = now - kSlack;
  out.not_after = now + kLifetime;
  return out;
}

Result<Certificate> load_or_make_certificate(const fs::path& file,
                                             const std::function<Result<Certificate>()>& make) {
  constexpr std::size_t kMaxCertificate = 64 * 1024;
  std::error_code ignored;
  if (fs::exists(file, ignored)) {
    const auto pem = read_file(file, kMaxCertificate);
    if (!pem) return pass_on(pem);
    const auto certificates = Certificate::from_pem(as_text(*pem));
    if (!certificates) return fail(Fault::malformed, file.string(), certificates.error().why);
    return certificates->front();
  }
  auto made = make();
  if (!made) return made;
  const Status written = write_file(file, as_bytes(made->pem()), FileAccess::owner_only);
  if (!written) return pass_on(written);
  return made;
}

}  // namespace

Result<VendorCa> VendorCa::load_or_make(const fs::path& directory, Instant now) {
  if (const Status made = make_private_directory(directory); !made) return pass_on(made);
  const auto root_key = load_or_make_key(directory / "root.key");
  if (!root_key) return pass_on(root_key);
  const auto intermediate_key = load_or_make_key(directory / "intermediate.key");
  if (!intermediate_key) return pass_on(intermediate_key);

  auto root = load_or_make_certificate(directory / "root.pem", [&] {
    CertificateTemplate content = template_of("EK/AK CA Root", now);
    content.is_ca = true;
    return issue_certificate(content, root_key->public_key(), std::nullopt, *root_key);
  });
  if (!root) return pass_on(root);
  auto intermediate = load_or_make_certificate(directory / "intermediate.pem", [&] {
    CertificateTemplate content = template_of("EK/AK CA Intermediate", now);
    content.is_ca = true;
    content.path_length = 0;
    content.not_after = root->not_after();
    return issue_certificate(content, intermediate_key->public_key(), *root, *root_key);
  });
  if (!intermediate) return pass_on(intermediate);
  return VendorCa(*intermediate_key, std::move(*root), std::move(*intermediate));
}

CertificateTemplate VendorCa::content_for(const GceInstance& instance,
                                          const std::string& issuer_url, Instant now) const {
  CertificateTemplate content;
  // Google's: L=zone, O=Google Compute Engine, OU=project, CN=instance id.
  content.subject = {{"L", instance.zone},
                     {"O", kOrganisation},
                     {"OU", instance.project_id},
                     {"CN", std::to_string(instance.instance_id)}};
  content.not_before = now - kSlack;
  content.not_after = intermediate_.not_after();
  content.ca_issuers = {issuer_url};
  GceInstanceExtension extension;
  extension.instance = instance;
  extension.security_version = 0;
  extension.is_production = true;  // what gotpm wants to see before it believes the instance
  content.extensions.emplace_back(kGceInstanceOid, encode_gce_instance_extension(extension));
  return content;
}

Result<Certificate> VendorCa::certify_attestation_key(const PublicKey& key,
                                                      const GceInstance& instance,
                                                      const std::string& issuer_url,
                                                      Instant now) const {
  return issue_certificate(content_for(instance, issuer_url, now), key, intermediate_,
                           intermediate_key_);
}

Result<Certificate> VendorCa::certify_endorsement_key(const PublicKey& key,
                                                      const GceInstance& instance,
                                                      const std::string& issuer_url,
                                                      Instant now) const {
  CertificateTemplate content = content_for(instance, issuer_url, now);
  content.purpose =
      key.type() == KeyType::rsa ? CertifiedPurpose::encipherment : CertifiedPurpose::agreement;
  // extendedKeyUsage { tcg-kp-EKCertificate }, 2.23.133.8.1.
  content.extensions.emplace_back("2.5.29.37",
                                  Buffer{0x30, 0x07, 0x06, 0x05, 0x67, 0x81, 0x05, 0x08, 0x01});
  return issue_certificate(content, key, intermediate_, intermediate_key_);
}

}  // namespace assay
