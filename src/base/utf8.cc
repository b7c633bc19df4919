// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.h"

#include <algorithm>
#include <cstddef>

namespace assay {
namespace {

unsigned octet(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

bool is_tail(unsigned c) { return c >= 0x80 && c <= 0xbf; }

/// Length of the character that starts at `at`, or 0.  RFC 3629 section 4, rule by rule.
std::size_t character(std::string_view text, std::size_t at) {
  const std::size_t left = text.size() - at;
  const unsigned c = octet(text, at);
  if (c <= 0x7f) return 1;
  if (c >= 0xc2 && c <= 0xdf) return left >= 2 && is_tail(octet(text, at + 1)) ? 2 : 0;
  if (c >= 0xe0 && c <= 0xef) {
    if (left < 3 || !is_tail(octet(text, at + 1)) || !is_tail(octet(text, at + 2))) return 0;
    const unsigned second = octet(text, at + 1);
    if ((c == 0xe0 && second < 0xa0) || (c == 0xed && second > 0x9f)) return 0;
    return 3;
  }
  if (c >= 0xf0 && c <= 0xf4) {
    if (left < 4 || !is_tail(octet(text, at + 1)) || !is_tail(octet(text, at + 2)) ||
        !is_tail(octet(text, at + 3))) {
      return 0;
    }
    const unsigned second = octet(text, at + 1);
    if ((c == 0xf0 && second < 0x90) || (c == 0xf4 && second > 0x8f)) return 0;
    return 4;
  }
  return 0;
}

}  // namespace

bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = character(text, at);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace assay
