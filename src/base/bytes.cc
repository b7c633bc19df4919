// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.h"

namespace assay {

// char and unsigned char may alias each other, so these two views are the only
// reinterpretations that parsing code ever needs.
Bytes as_bytes(std::string_view text) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): char seen as bytes
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string_view as_text(Bytes bytes) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): bytes seen as char
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool equal_in_constant_time(Bytes a, Bytes b) {
  if (a.size() != b.size()) return false;
  // volatile: the loop must not be turned into one that stops early.
  volatile std::uint8_t difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference = static_cast<std::uint8_t>(difference | (a[i] ^ b[i]));
  }
  return difference == 0;
}

}  // namespace assay
