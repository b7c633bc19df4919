// SPDX-License-Identifier: Apache-2.0
#pragma once

// Private to the readers of IMA lists: ima*.cc.

#include <optional>
#include <string_view>

#include "formats/ima.h"

namespace assay {

inline constexpr std::uint32_t kMaxImaPcr = 23;
/// IMA_EVENT_NAME_LEN_MAX: a name in the template "ima" is hashed with zeros up to this size + 1.
inline constexpr std::size_t kImaNameMax = 255;

ImaTemplate ima_template(std::string_view name);
/// The sizes that a template hash can have.
inline constexpr std::size_t kImaHashSizes[] = {20, 32, 48, 64};

/// What is wrong with template data, and where in it.
struct ImaRefusal {
  std::string_view field;
  std::size_t at = 0;
  std::string_view why;
};
/// Reads the fields of `entry` out of its template data, for all templates but "other".
std::optional<ImaRefusal> read_ima_fields(ImaEntry& entry);

}  // namespace assay
