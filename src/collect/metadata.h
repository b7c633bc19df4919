// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"
#include "formats/gce_instance.h"
#include "http/client.h"

namespace assay {

/// The metadata server of a Google Compute Engine VM, or of an emulated one.  Every call is one GET
/// of at most 5 seconds.  Fault::unavailable names the URL and says that this is perhaps no such
/// VM.
class MetadataClient {
 public:
  /// `host` is "host:port" without a scheme.
  MetadataClient(const HttpClient& http, std::string host) : http_(http), host_(std::move(host)) {}
  /// At $GCE_METADATA_HOST, else at metadata.google.internal.
  static MetadataClient from_environment(const HttpClient& http);
  /// At `host`; where that is empty, from_environment().
  static MetadataClient at(const std::string& host, const HttpClient& http);

  [[nodiscard]] Result<std::string> project_id() const;
  /// "us-central1-a".
  [[nodiscard]] Result<std::string> zone() const;
  /// The zone without its last letter, "us-central1".
  [[nodiscard]] Result<std::string> region() const;
  [[nodiscard]] Result<GceInstance> instance() const;
  /// The default service account's access token: what `Authorization: Bearer` carries.
  [[nodiscard]] Result<std::string> access_token() const;
  /// Its identity token for `audience`, in the full format.
  [[nodiscard]] Result<std::string> identity_token(std::string_view audience) const;

 private:
  [[nodiscard]] Result<std::string> get(const std::string& path) const;
  const HttpClient& http_;
  std::string host_;
};

}  // namespace assay
