// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "formats/sipa.h"

namespace assay {

/// What Windows said of itself, in words: {"code integrity", "on"}.  Only what it said.
std::vector<std::pair<std::string, std::string>> windows_words(const WindowsState& windows);

/// Every member; null for what Windows did not say.
json::object to_json(const WindowsState& windows);

}  // namespace assay
