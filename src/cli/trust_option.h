// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "collateral/trust.h"

namespace assay {

/// Whether a service is for real machines.
enum class ServiceMode {
  production,
  development,  ///< `--dev`: emulated machines are believed too, and every answer about them says
                ///< so
};

/// What one `--trust` names: "google" for the compiled-in keys, anything else a file.
Result<Trust> load_trust(const std::string& name);

/// What `--trust` names, together: "google" for the compiled-in keys, anything else a file
/// (collateral/trust.h).  Nothing named is Fault::malformed, and so are emulated anchors in
/// production: a service must not take an emulator for hardware because of a wrong file.  A key or
/// identity issuer that two of them have is malformed too.
Result<Trust> load_service_trust(const std::vector<std::string>& names, ServiceMode mode);

}  // namespace assay
