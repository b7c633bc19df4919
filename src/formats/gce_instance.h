// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace assay {

/// Which instance of Google Compute Engine (or of an emulator of it) a VM is.
struct GceInstance {
  std::string zone;
  std::string project_id;
  std::uint64_t project_number = 0;
  std::string instance_name;
  std::uint64_t instance_id = 0;
  bool operator==(const GceInstance&) const = default;
};

/// Certificate extension 1.3.6.1.4.1.11129.2.1.21 of Google's AK certificates.
struct GceInstanceExtension {
  GceInstance instance;
  std::optional<std::uint64_t> security_version;
  std::optional<bool> is_production;  ///< absent in certificates that do not say
};

inline constexpr const char* kGceInstanceOid = "1.3.6.1.4.1.11129.2.1.21";

/// The extension's DER value: SEQUENCE { zone UTF8String, projectNumber INTEGER, projectId
/// UTF8String, instanceId INTEGER, instanceName UTF8String, [0] EXPLICIT SEQUENCE { [0] EXPLICIT
/// INTEGER securityVersion, [1] EXPLICIT BOOLEAN isProduction, [2]..[5] BOOLEAN ... } OPTIONAL }.
/// Further members of the inner SEQUENCE are read over; anything else trailing is refused.
Result<GceInstanceExtension> parse_gce_instance_extension(Bytes der);
/// Its inverse, for certificates an emulator issues.
Buffer encode_gce_instance_extension(const GceInstanceExtension& extension);

}  // namespace assay
