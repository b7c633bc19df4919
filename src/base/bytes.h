// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

/// Bytes somebody else owns.
using Bytes = std::span<const std::uint8_t>;
/// Bytes we own.
using Buffer = std::vector<std::uint8_t>;

/// The bytes of a text, without a terminator.  Borrows.
Bytes as_bytes(std::string_view text);
/// The same bytes seen as text; not checked to be UTF-8.  Borrows.
std::string_view as_text(Bytes bytes);

inline Buffer to_buffer(Bytes bytes) { return {bytes.begin(), bytes.end()}; }
inline std::string to_text(Bytes bytes) { return std::string(as_text(bytes)); }

/// Same length and content.  Stops at the first difference: for public values.
inline bool equal(Bytes a, Bytes b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

/// Same length and content, in time that depends on the length alone: for nonces,
/// MACs, token digests and secrets.
[[nodiscard]] bool equal_in_constant_time(Bytes a, Bytes b);

}  // namespace assay
