// SPDX-License-Identifier: Apache-2.0
#include "base/base64.h"

#include <fmt/format.h>
#include <array>

namespace assay {
namespace {

constexpr std::string_view kStandard =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Of a byte that is no character of the alphabet.
constexpr std::uint8_t kNoValue = 0xFF;

constexpr std::array<std::uint8_t, 256> inverse(std::string_view alphabet) {
  std::array<std::uint8_t, 256> table{};
  table.fill(kNoValue);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return table;
}

constexpr auto kStandardInverse = inverse(kStandard);
constexpr auto kUrlInverse = inverse(kUrl);

std::string encode(Bytes in, std::string_view alphabet, bool pad) {
  std::string out;
  out.reserve((in.size() + 2) / 3 * 4);
  std::uint32_t bits = 0;
  int count = 0;
  for (const std::uint8_t byte : in) {
    bits = bits << 8 | byte;
    count += 8;
    while (count >= 6) {
      count -= 6;
      out.push_back(alphabet[bits >> count & 63]);
    }
  }
  if (count > 0) out.push_back(alphabet[bits << (6 - count) & 63]);
  while (pad && out.size() % 4 != 0) out.push_back('=');
  return out;
}

Result<Buffer> decode(std::string_view where, std::string_view text,
                      const std::array<std::uint8_t, 256>& table) {
  if (text.size() % 4 == 1) {
    return fail(Fault::malformed, std::string(where), "base64 text has an impossible length");
  }
  Buffer out;
  out.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  int count = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::uint8_t value = table[static_cast<unsigned char>(text[i])];
    if (value == kNoValue) {
      return fail(Fault::malformed, std::string(where),
                  fmt::format("character {} is not of the base64 alphabet", i + 1));
    }
    bits = bits << 6 | value;
    count += 6;
    if (count >= 8) {
      count -= 8;
      out.push_back(static_cast<std::uint8_t>(bits >> count));
    }
  }
  if ((bits & ((1U << count) - 1)) != 0) {
    return fail(Fault::malformed, std::string(where), "unused bits of the last character are set");
  }
  return out;
}

}  // namespace

std::string base64(Bytes bytes) { return encode(bytes, kStandard, true); }
std::string base64url(Bytes bytes) { return encode(bytes, kUrl, false); }

Result<Buffer> parse_base64(std::string_view where, std::string_view text) {
  if (text.size() % 4 != 0) {
    return fail(Fault::malformed, std::string(where),
                "base64 text is not padded to a multiple of 4");
  }
  if (text.ends_with("==")) {
    text.remove_suffix(2);
  } else if (text.ends_with('=')) {
    text.remove_suffix(1);
  }
  return decode(where, text, kStandardInverse);
}

Result<Buffer> parse_base64url(std::string_view where, std::string_view text) {
  return decode(where, text, kUrlInverse);
}

}  // namespace assay
