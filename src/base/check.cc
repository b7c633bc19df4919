// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace assay {

void check_failed(const char* condition, const char* file, int line) {
  // The program ends here whether or not anybody can be told.
  (void)std::fprintf(stderr, "assay: broken invariant at %s:%d: %s\n", file, line, condition);
  std::abort();
}

}  // namespace assay
