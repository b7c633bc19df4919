// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace assay {

/// Hostile text made fit for a header field, a log line or a JSON string: as verify/printable.h
/// does, and what is longer than `max` bytes ends in "...".
std::string printable(std::string_view text, std::size_t max);

}  // namespace assay
