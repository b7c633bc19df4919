// SPDX-License-Identifier: Apache-2.0
#pragma once

// For tests only: evidence recorded from machines.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/check.h"

namespace assay {

inline std::optional<Buffer> recorded_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  return Buffer(std::istreambuf_iterator<char>(in), {});
}

/// A file of the corpus (ASSAY_CORPUS, else beside the checkout); nothing where there is no corpus.
inline std::optional<Buffer> corpus_file(const std::string& path) {
  const char* set = std::getenv("ASSAY_CORPUS");
  return recorded_file(
      std::filesystem::path(set != nullptr ? set : ASSAY_SOURCE_DIR "/../shared/corpus") / path);
}

/// A file of tests/boots: "sb/quote.rsa.sha256.msg".
inline Buffer boot_file(const std::string& path) {
  auto file = recorded_file(std::filesystem::path(ASSAY_SOURCE_DIR "/tests/boots") / path);
  ASSAY_CHECK(file.has_value());
  return std::move(*file);
}

}  // namespace assay
