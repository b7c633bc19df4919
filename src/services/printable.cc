// SPDX-License-Identifier: Apache-2.0
#include "services/printable.h"

#include "verify/printable.h"

namespace assay {

std::string printable(std::string_view text, std::size_t max) {
  std::string out = printable(text.substr(0, max));
  if (text.size() > max) out += "...";
  return out;
}

}  // namespace assay
