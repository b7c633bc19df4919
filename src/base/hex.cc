// SPDX-License-Identifier: Apache-2.0
#include "base/hex.h"

#include <fmt/format.h>

namespace assay {
namespace {

int value_of(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

}  // namespace

std::string hex(Bytes bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 15]);
  }
  return out;
}

Result<Buffer> parse_hex(std::string_view where, std::string_view text) {
  if (text.size() % 2 != 0) {
    return fail(Fault::malformed, std::string(where), "odd number of hexadecimal digits");
  }
  Buffer out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = value_of(text[i]);
    const int low = value_of(text[i + 1]);
    if (high < 0 || low < 0) {
      return fail(Fault::malformed, std::string(where),
                  fmt::format("character {} is not a hexadecimal digit", high < 0 ? i + 1 : i + 2));
    }
    out.push_back(static_cast<std::uint8_t>(high << 4 | low));
  }
  return out;
}

}  // namespace assay
