// SPDX-License-Identifier: Apache-2.0
#include "crypto/tpm_kdf.h"

#include <gtest/gtest.h>

#include "base/hex.h"
#include "crypto/hmac.h"
#include "crypto/tpm_wrap.h"

namespace assay {
namespace {

Buffer counting(std::size_t size) {
  Buffer out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::uint8_t>(i);
  return out;
}

/// RFC 4231 section 4.3.
TEST(Hmac, IsThatOfTheStandard) {
  EXPECT_EQ(
      hex(hmac(HashAlgorithm::sha256, as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))
              .bytes()),
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

/// The formula of Part 1, 11.4.10.2 in Python's hmac and hashlib.
TEST(Kdfa, IsThatOfTheStandard) {
  const Buffer key = counting(32);
  const Buffer name = *parse_hex("name", "000b" + std::string(64, 'a'));
  EXPECT_EQ(hex(kdfa(HashAlgorithm::sha256, key, "STORAGE", name, {}, 16).reveal()),
            "0415b32b6f43896a87e7b29be8f2ac14");
  EXPECT_EQ(hex(kdfa(HashAlgorithm::sha256, key, "INTEGRITY", {}, {}, 32).reveal()),
            "bacf689f634ece301e1f1b15b072d9c87db6a69585db42b1a0cb8f73ebe2692e");
  EXPECT_EQ(hex(kdfa(HashAlgorithm::sha384, key, "ATH", as_bytes("u"), as_bytes("v"), 96).reveal()),
            "11f80ac1f93341dd54ea728a4e67c358680ad5749c50d71dc350b227b68a4c87f9eeb77df72573b8dde037"
            "3c9587cd33d842b5285c504904e9979dac5ada2923d5b461789fb9eaaf2a6e2918cb6ca7271e8609e0263e"
            "407494c65e5a0c192ea1");
}

/// The formula of Part 1, 11.4.10.3 in Python's hashlib.
TEST(Kdfe, IsThatOfTheStandard) {
  const Buffer z = counting(32);
  EXPECT_EQ(hex(kdfe(HashAlgorithm::sha256, z, "IDENTITY", Buffer(32, 0x11), Buffer(32, 0x22), 32)
                    .reveal()),
            "cbce7a80e1b35da754dc24ec97f8c9ef9281bf9944c930765256ae6ea7d59f0e");
  EXPECT_EQ(
      hex(kdfe(HashAlgorithm::sha384, z, "DUPLICATE", Buffer(48, 0x11), Buffer(48, 0x22), 48)
              .reveal()),
      "73c201bf8111aa6a2f5f61dc6fdbeb2f0dfb19a01ab1579fd75253ca8e544a669257682f83dc50599548879326"
      "2fe11f");
}

/// sha256sum of the bytes 01 02 03, after the algorithm.
TEST(TpmName, IsTheAlgorithmAndTheDigest) {
  EXPECT_EQ(hex(tpm_name(HashAlgorithm::sha256, Buffer{1, 2, 3})),
            "000b039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81");
}

}  // namespace
}  // namespace assay
