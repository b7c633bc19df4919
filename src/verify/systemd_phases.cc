// SPDX-License-Identifier: Apache-2.0
#include "verify/systemd_phases.h"

#include <iterator>

#include "crypto/hash.h"

namespace assay {

namespace {
constexpr std::string_view kPhases[] = {"enter-initrd", "leave-initrd", "sysinit",
                                        "ready",        "shutdown",     "final"};
}  // namespace

std::optional<std::string> phases_between(const Digest& logged, const Digest& quoted) {
  for (std::size_t first = 0; first < std::size(kPhases); ++first) {
    Digest value = logged;
    std::string words;
    for (std::size_t i = first; i < std::size(kPhases); ++i) {
      extend(value, hash(value.algorithm(), as_bytes(kPhases[i])));
      words += (words.empty() ? "" : ", ") + std::string(kPhases[i]);
      if (value == quoted) return words;
    }
  }
  return std::nullopt;
}

}  // namespace assay
