// SPDX-License-Identifier: Apache-2.0
// hex.h and base64.h.
#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/hex.h"

namespace assay {
namespace {

std::string error_of(const Result<Buffer>& r) { return r ? "" : to_string(r.error()); }

TEST(Hex, RoundTripsAndExplains) {
  EXPECT_EQ(hex(Buffer{0x00, 0x9f, 0xff}), "009fff");
  EXPECT_EQ(*parse_hex("x", "009fFF"), (Buffer{0x00, 0x9f, 0xff}));
  EXPECT_EQ(*parse_hex("x", ""), Buffer{});
  EXPECT_EQ(error_of(parse_hex("--nonce", "12345")), "--nonce: odd number of hexadecimal digits");
  EXPECT_EQ(error_of(parse_hex("--nonce", "0x12")),
            "--nonce: character 2 is not a hexadecimal digit");
}

// RFC 4648 section 10.
TEST(Base64, AgreesWithTheRfc) {
  const std::pair<std::string_view, std::string_view> cases[] = {{"", ""},
                                                                 {"f", "Zg=="},
                                                                 {"fo", "Zm8="},
                                                                 {"foo", "Zm9v"},
                                                                 {"foob", "Zm9vYg=="},
                                                                 {"fooba", "Zm9vYmE="},
                                                                 {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, coded] : cases) {
    EXPECT_EQ(base64(as_bytes(plain)), coded);
    EXPECT_EQ(to_text(*parse_base64("x", coded)), plain);
  }
}

TEST(Base64, AcceptsOneSpellingOnly) {
  EXPECT_EQ(error_of(parse_base64("b", "Zg")), "b: base64 text is not padded to a multiple of 4");
  EXPECT_EQ(error_of(parse_base64("b", "Zh==")), "b: unused bits of the last character are set");
  EXPECT_EQ(error_of(parse_base64("b", "Zg=A")), "b: character 3 is not of the base64 alphabet");
  EXPECT_EQ(error_of(parse_base64("b", "-_==")), "b: character 1 is not of the base64 alphabet");
  EXPECT_EQ(error_of(parse_base64("b", "A===")), "b: character 2 is not of the base64 alphabet");
  EXPECT_EQ(error_of(parse_base64url("b", "Zg==")), "b: character 3 is not of the base64 alphabet");
  EXPECT_EQ(error_of(parse_base64url("b", "A")), "b: base64 text has an impossible length");
  EXPECT_EQ(error_of(parse_base64url("b", "Zh")), "b: unused bits of the last character are set");
}

// RFC 7515 appendix C.
TEST(Base64Url, AgreesWithTheRfc) {
  const Buffer octets{3, 236, 255, 224, 193};
  EXPECT_EQ(base64url(octets), "A-z_4ME");
  EXPECT_EQ(*parse_base64url("x", "A-z_4ME"), octets);
}

}  // namespace
}  // namespace assay
