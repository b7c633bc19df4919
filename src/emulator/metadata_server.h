// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "base/clock.h"
#include "emulator/vm_identity.h"
#include "http/message.h"

namespace assay {

/// Lifetime of the access and identity tokens a virtual VM hands out.
inline constexpr std::chrono::seconds kVmTokenLifetime{3600};

/// A metadata server as Google Compute Engine VMs have it, for one virtual VM: project, zone,
/// instance, the default service account with access and identity tokens (collateral/identity.h),
/// directory listings and `?recursive=true`; and, beside it, `/aia/intermediate.crt`, the DER
/// certificate that the AK certificates point to.
///
/// As Google's it answers 403 below /computeMetadata/ without `Metadata-Flavor: Google`, and 403 to
/// a request that came through a proxy (X-Forwarded-For).  Thread-safe.
class MetadataServer {
 public:
  /// `clock` must outlive the object.
  MetadataServer(VmIdentity identity, Buffer intermediate_der, const Clock& clock);
  [[nodiscard]] HttpResponse operator()(const HttpRequest& request) const;

 private:
  [[nodiscard]] HttpResponse metadata(const HttpRequest& request, std::string_view path) const;
  [[nodiscard]] HttpResponse access_token() const;
  [[nodiscard]] HttpResponse identity_token(const HttpRequest& request) const;
  [[nodiscard]] json::object token_claims() const;

  VmIdentity identity_;
  std::string key_id_;
  Buffer intermediate_der_;
  json::value tree_;  ///< what is static, by path segment
  const Clock& clock_;
};

}  // namespace assay
