// SPDX-License-Identifier: Apache-2.0
#include "formats/der.h"

#include <gtest/gtest.h>

#include "base/hex.h"

namespace assay {
namespace {

Buffer bytes(std::string_view digits) { return parse_hex("test", digits).value(); }

TEST(Der, WritesIntegersInTheirShortestForm) {
  EXPECT_EQ(hex(der_integer(0)), "020100");
  EXPECT_EQ(hex(der_integer(127)), "02017f");
  EXPECT_EQ(hex(der_integer(128)), "02020080");
  EXPECT_EQ(hex(der_integer(256)), "02020100");
  EXPECT_EQ(hex(der_integer(~std::uint64_t{0})), "020900ffffffffffffffff");
}

TEST(Der, ReadsTheIntegersItWrites) {
  for (const std::uint64_t value :
       {0ULL, 1ULL, 127ULL, 128ULL, 255ULL, 256ULL, ~0ULL >> 1, ~0ULL}) {
    const Buffer der = der_integer(value);
    DerReader r("number", der);
    EXPECT_EQ(r.unsigned_integer("value"), value);
    EXPECT_TRUE(r.finish(0));
  }
}

TEST(Der, WritesLengthsInTheirShortestForm) {
  for (const auto& [size, header] : std::initializer_list<std::pair<std::size_t, std::string_view>>{
           {0, "0c00"}, {127, "0c7f"}, {128, "0c8180"}, {255, "0c81ff"}, {256, "0c820100"}}) {
    const Buffer der = der_utf8_string(std::string(size, 'a'));
    EXPECT_EQ(hex(Bytes(der).first(der.size() - size)), header);
    DerReader r("text", der);
    EXPECT_EQ(r.utf8_string("value").size(), size);
    EXPECT_TRUE(r.finish(0));
  }
}

TEST(Der, AcceptsOnlyUtf8) {
  for (const std::string_view contents : {"", "c2a3", "e282ac", "f09f9880"}) {
    const Buffer der = der_element(der_tag::kUtf8String, bytes(contents));
    DerReader r("text", der);
    EXPECT_EQ(hex(as_bytes(r.utf8_string("value"))), contents);
    EXPECT_TRUE(r.finish(0));
  }
  // An overlong form, a surrogate, a sequence cut short.
  for (const std::string_view contents : {"c0af", "eda080", "e282"}) {
    const Buffer der = der_element(der_tag::kUtf8String, bytes(contents));
    DerReader r("text", der);
    EXPECT_EQ(r.utf8_string("value"), "");
    EXPECT_FALSE(r.finish(0)) << contents;
  }
}

TEST(Der, YieldsNothingAfterItsFirstFailure) {
  const Buffer in = bytes("30060c01ff020105");
  DerReader outer("pair", in);
  DerReader pair = outer.enter("pair", der_tag::kSequence);
  EXPECT_EQ(pair.utf8_string("text"), "");
  EXPECT_EQ(pair.unsigned_integer("number"), 0U);
  EXPECT_FALSE(pair.more());
  outer.leave(pair);
  const auto got = outer.finish(0);
  ASSERT_FALSE(got);
  EXPECT_EQ(to_string(got.error()), "pair.text@0x5: not UTF-8");
}

TEST(Der, FailsOnWhatAnInnerReaderLeavesUnread) {
  const Buffer in = bytes("3006020105020106");
  DerReader outer("pair", in);
  DerReader pair = outer.enter("pair", der_tag::kSequence);
  EXPECT_EQ(pair.unsigned_integer("number"), 5U);
  outer.leave(pair);
  const auto got = outer.finish(0);
  ASSERT_FALSE(got);
  EXPECT_EQ(to_string(got.error()), "pair.end@0x5: 3 trailing bytes");
}

}  // namespace
}  // namespace assay
