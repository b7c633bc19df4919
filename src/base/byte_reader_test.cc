// SPDX-License-Identifier: Apache-2.0
#include "base/byte_reader.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

struct TcbVersion {
  std::uint8_t boot_loader, tee, snp, microcode;
};

Result<TcbVersion> parse_tcb_version(Bytes in) {
  ByteReader r("tcb_version", in);
  TcbVersion v{};
  v.boot_loader = r.u8("boot_loader");
  v.tee = r.u8("tee");
  r.zeros("reserved", 4);
  v.snp = r.u8("snp");
  v.microcode = r.u8("microcode");
  return r.finish(v);
}

struct Case {
  std::string_view name;
  Buffer in;
  std::string_view error;
};

const Case kCases[] = {
    {"ordinary", {3, 0, 0, 0, 0, 0, 8, 115}, ""},
    {"empty", {}, "tcb_version.boot_loader@0x0: need 1 byte, 0 remain"},
    {"one_short", {3, 0, 0, 0, 0, 0, 8}, "tcb_version.microcode@0x7: need 1 byte, 0 remain"},
    {"one_long", {3, 0, 0, 0, 0, 0, 8, 115, 9}, "tcb_version.end@0x8: 1 trailing bytes"},
    {"reserved_set",
     {3, 0, 0, 0, 1, 0, 8, 115},
     "tcb_version.reserved@0x4: reserved byte is not zero"},
};

TEST(ByteReader, ParsesOrExplains) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    const auto got = parse_tcb_version(c.in);
    EXPECT_EQ(got ? "" : to_string(got.error()), c.error);
  }
}

TEST(ByteReader, ReadsBothByteOrders) {
  const Buffer in{1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 1, 2, 1, 2,
                  3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8};
  ByteReader r("x", in);
  EXPECT_EQ(r.u32_le("a"), 0x04030201U);
  EXPECT_EQ(r.u32_be("b"), 0x01020304U);
  EXPECT_EQ(r.u16_le("c"), 0x0201U);
  EXPECT_EQ(r.u16_be("d"), 0x0102U);
  EXPECT_EQ(r.u64_le("e"), 0x0807060504030201U);
  EXPECT_EQ(r.u64_be("f"), 0x0102030405060708U);
  EXPECT_TRUE(r.finish(0));
}

TEST(ByteReader, KeepsItsFirstFailureAndYieldsNothingAfterIt) {
  const Buffer in{0, 9, 1};
  ByteReader r("tpm2b", in, 0x10);
  EXPECT_TRUE(r.sized_be16("name", 64).empty());
  EXPECT_EQ(r.u8("next"), 0);
  EXPECT_EQ(r.remaining(), 0U);
  EXPECT_FALSE(r.more());
  EXPECT_EQ(to_string(r.error()), "tpm2b.name@0x12: need 9 bytes, 1 remain");
}

TEST(ByteReader, RefusesADeclaredSizeAboveTheLimit) {
  const Buffer in{0, 3, 1, 2, 3};
  ByteReader r("tpm2b", in);
  EXPECT_TRUE(r.sized_be16("nonce", 2).empty());
  EXPECT_EQ(to_string(r.error()), "tpm2b.nonce@0x2: 3 bytes declared, at most 2 allowed");
}

TEST(ByteReader, TakesNothingForAHugeLength) {
  const Buffer in{1};
  ByteReader r("x", in);
  EXPECT_TRUE(r.take("data", ~std::uint64_t{0}).empty());
  EXPECT_FALSE(r.ok());
}

}  // namespace
}  // namespace assay
