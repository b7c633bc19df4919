// SPDX-License-Identifier: Apache-2.0
#include "crypto/random.h"

#include <openssl/rand.h>

#include <climits>

#include "base/check.h"
#include "base/hex.h"

namespace assay {

Buffer random_bytes(std::size_t size) {
  ASSAY_CHECK(size <= INT_MAX);
  Buffer out(size);
  ASSAY_CHECK(RAND_bytes(out.data(), static_cast<int>(size)) == 1);
  return out;
}

std::string random_uuid() {
  Buffer b = random_bytes(16);
  b[6] = static_cast<std::uint8_t>((b[6] & 0x0F) | 0x40);  // version 4
  b[8] = static_cast<std::uint8_t>((b[8] & 0x3F) | 0x80);  // variant 10
  std::string text = hex(b);
  for (const std::size_t at : {20U, 16U, 12U, 8U}) text.insert(at, 1, '-');
  return text;
}

}  // namespace assay
