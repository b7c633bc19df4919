// SPDX-License-Identifier: Apache-2.0
#include "services/operator_log.h"

#include <cstdio>
#include <string>

namespace assay {

void tell_operator(const Error& error) {
  // Where standard error cannot be written there is nobody to tell.
  const std::string line = "assay: " + to_string(error) + "\n";
  (void)std::fputs(line.c_str(), stderr);
}

}  // namespace assay
