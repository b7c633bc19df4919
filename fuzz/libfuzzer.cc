// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>

#include "fuzz.h"

/// libFuzzer's entry.  -1 keeps an input out of the corpus: none may be larger than the target's
/// MAX_LEN, so that time goes into shapes and not into sizes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > ASSAY_FUZZ_MAX_LEN) return -1;
  fuzz({data, size});
  return 0;
}
