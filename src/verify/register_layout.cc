// SPDX-License-Identifier: Apache-2.0
#include "verify/register_layout.h"

#include <fmt/format.h>

namespace assay {

std::string register_name(std::uint32_t index, RegisterLayout layout) {
  if (layout == RegisterLayout::tpm) return fmt::format("PCR {}", index);
  return index == 0 ? "MRTD" : fmt::format("RTMR{}", index - 1);
}

}  // namespace assay
