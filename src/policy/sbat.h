// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace assay {

/// The lowest generation of each component that shim still starts, by its name.  Of a text as shim
/// measures it as SbatLevel: lines "COMPONENT,GENERATION[,DATE]" (shim, SBAT.md).  Nothing for a
/// text that is none.
std::optional<std::map<std::string, std::uint32_t>> sbat_levels(std::string_view text);

}  // namespace assay
