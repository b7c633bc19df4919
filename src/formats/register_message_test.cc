// SPDX-License-Identifier: Apache-2.0
#include "formats/register_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/hex.h"
#include "formats/keyed_hash.h"

namespace assay {
namespace {

using testing::HasSubstr;

TEST(RegisterMessages, SayTheSameInBothForms) {
  const ImportBlob import{{1, 2, 3}, {4}, {0, 8}};
  const CertifiedBlob certified{{1}, {0xFF, 0x54}, {0, 5}};
  for (const RegisterFormat format : {RegisterFormat::binarypb, RegisterFormat::textproto}) {
    EXPECT_EQ(*parse_import_blob(encode_import_blob(import, format)), import);
    EXPECT_EQ(*parse_certified_blob(encode_certified_blob(certified, format)), certified);
  }
  // Field numbers and wire types by hand: tpm.proto of go-tpm-tools.
  EXPECT_EQ(hex(encode_import_blob(import, RegisterFormat::binarypb)),
            "0a0301020312010"
            "41a020008");
}

// Found by fuzzing: all fields of this text are unknown ones to a reader of binary messages.
TEST(RegisterMessages, AreReadAsTextWhereTheLettersAreABinaryMessageToo) {
  const CertifiedBlob blob{
      {7}, {7}, to_buffer(as_bytes("\a@@@M@P@@@@@@@@@@@@@@@@@@@@@@@@?@@@@@@@@\t\t\t"))};
  ASSERT_EQ(blob.signature.size(), 43U);
  const auto again = parse_certified_blob(encode_certified_blob(blob, RegisterFormat::textproto));
  ASSERT_TRUE(again) << to_string(again.error());
  EXPECT_EQ(*again, blob);
}

TEST(RegisterMessages, AreRefusedWithAReason) {
  struct Case {
    const char* name;
    Buffer in;
    std::string error;
  };
  const Case kCases[] = {
      {"nothing", {}, "import_blob.duplicate: 0 bytes, wanted 1 to 4096"},
      {"one member", {0x0A, 1, 7}, "import_blob.encrypted_seed: 0 bytes"},
      {"cut", {0x0A, 2, 7}, "neither as binarypb nor as textproto"},
      {"PCRs", {0x0A, 1, 7, 0x12, 1, 7, 0x1A, 1, 7, 0x22, 0}, "import_blob.pcrs"},
      {"words", to_buffer(as_bytes("hello")), "neither as binarypb nor as textproto"},
      {"a member too long", to_buffer(as_bytes("duplicate: \"" + std::string(4097, 'x') + "\"")),
       "import_blob.duplicate: 4097 bytes"},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    const auto got = parse_import_blob(c.in);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().fault, Fault::malformed);
    EXPECT_THAT(to_string(got.error()), HasSubstr(c.error));
  }
}

/// TPM 2.0 Part 2, 12.2.4, 12.2.3.2 and 12.3.2, written out by hand.
TEST(KeyedHash, IsLaidOutAsATpmReadsIt) {
  EXPECT_EQ(hex(hmac_key_public(Buffer{0xAA, 0xBB})),
            "0008000b00050440000000"
            "05000b0002aabb");
  EXPECT_EQ(hex(keyed_hash_sensitive(Buffer{1}, Buffer{2, 3}).reveal()),
            "000b0008000000010100020203");
}

}  // namespace
}  // namespace assay
