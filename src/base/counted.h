// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace assay {

/// A number with its noun, for a person: "1 file", "2 files"; `several` where an s does not make it
/// ("2 entries").
inline std::string counted(std::size_t count, std::string_view one, std::string_view several = {}) {
  std::string out = std::to_string(count) + ' ';
  if (count == 1) return out.append(one);
  if (!several.empty()) return out.append(several);
  return out.append(one).append("s");
}

}  // namespace assay
