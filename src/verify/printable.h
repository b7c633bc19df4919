// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace assay {

/// Text from evidence, made fit for a terminal and for JSON: bytes that are not printable ASCII
/// become
/// "\xNN", so that nothing measured or certified can move a cursor or break an encoding.
std::string printable(std::string_view text);
/// Whether printable() would change nothing.
bool is_printable(std::string_view text);

}  // namespace assay
