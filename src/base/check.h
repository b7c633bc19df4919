// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace assay {
/// Prints the broken condition to stderr and aborts.
[[noreturn]] void check_failed(const char* condition, const char* file, int line);
}  // namespace assay

/// States what must hold whatever the input: if it does not, the bug is ours.
/// On in release builds too.  Never for hostile input.
#define ASSAY_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::assay::check_failed(#condition, __FILE__, __LINE__))
