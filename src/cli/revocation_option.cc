// SPDX-License-Identifier: Apache-2.0
#include "cli/revocation_option.h"

namespace assay {

RevocationFiles::Settings revocation_settings(const RevocationOptions& options) {
  RevocationFiles::Settings out;
  out.files.assign(options.crl.begin(), options.crl.end());
  if (options.require_crl) out.missing = RevocationLists::Missing::refused;
  if (options.crl_max_age > 0) out.max_age = std::chrono::seconds(options.crl_max_age);
  return out;
}

}  // namespace assay
