// SPDX-License-Identifier: Apache-2.0
#include "cli/tpm_option.h"

namespace assay {

Result<Tpm> open_tpm(const std::string& tcti, const std::filesystem::path& tpm_path) {
  constexpr const char* kDefaultTpm = "/dev/tpmrm0";
  auto reached =
      tcti.empty() ? Tcti::open_path(tpm_path.empty() ? kDefaultTpm : tpm_path) : Tcti::load(tcti);
  if (!reached) return pass_on(reached);
  return Tpm::open(std::move(*reached));
}

}  // namespace assay
