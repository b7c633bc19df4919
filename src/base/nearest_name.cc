// SPDX-License-Identifier: Apache-2.0
#include "base/nearest_name.h"

#include <algorithm>
#include <vector>

namespace assay {

namespace {

/// Names that are longer are compared with none: the cost grows with the square.
constexpr std::size_t kLongest = 64;

/// How many letters differ: Levenshtein's distance.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::optional<std::string_view> nearest_name(std::string_view wrong,
                                             std::span<const std::string_view> names) {
  if (wrong.size() >= kLongest) return std::nullopt;
  std::optional<std::string_view> out;
  std::size_t most = 1 + wrong.size() / 4;
  for (const std::string_view name : names) {
    const std::size_t letters = distance(wrong, name);
    if (letters > most || (out && letters == most)) continue;
    out = name;
    most = letters;
  }
  return out;
}

}  // namespace assay
