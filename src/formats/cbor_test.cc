// SPDX-License-Identifier: Apache-2.0
#include "formats/cbor.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/hex.h"

namespace assay {
namespace {

/// The value in the diagnostic notation of RFC 8949 section 8.
std::string diagnose(const CborValue& v) {
  std::string out;
  switch (v.kind) {
    case CborValue::Kind::unsigned_integer:
      return fmt::format("{}", v.number);
    case CborValue::Kind::negative_integer:
      return fmt::format("-1 - {}", v.number);
    case CborValue::Kind::bytes:
      return fmt::format("h'{}'", hex(v.bytes));
    case CborValue::Kind::text:
      return fmt::format("\"{}\"", as_text(v.bytes));
    case CborValue::Kind::array:
      for (const CborValue& item : v.items) out += (out.empty() ? "" : ", ") + diagnose(item);
      return "[" + out + "]";
    case CborValue::Kind::map:
      for (std::size_t i = 0; i < v.items.size(); i += 2)
        out += (i ? ", " : "") + diagnose(v.items[i]) + ": " + diagnose(v.items[i + 1]);
      return "{" + out + "}";
    case CborValue::Kind::boolean:
      return v.number == 1 ? "true" : "false";
    case CborValue::Kind::null:
      return "null";
  }
  return "?";
}

struct Case {
  std::string_view name, in, out;  ///< `out`: the value, or the error
};

std::string outcome(std::string_view text, CborLimits limits = {}) {
  const Buffer in = parse_hex("in", text).value();
  const auto value = parse_cbor("cbor", in, limits);
  return value ? diagnose(*value) : to_string(value.error());
}

TEST(Cbor, ReadsTheExamplesOfRfc8949AppendixA) {
  const Case kCases[] = {
      {"zero", "00", "0"},
      {"ten", "0a", "10"},
      {"23", "17", "23"},
      {"24", "1818", "24"},
      {"100", "1864", "100"},
      {"1000", "1903e8", "1000"},
      {"a million", "1a000f4240", "1000000"},
      {"a trillion", "1b000000e8d4a51000", "1000000000000"},
      {"the largest", "1bffffffffffffffff", "18446744073709551615"},
      {"minus one", "20", "-1 - 0"},
      {"minus 1000", "3903e7", "-1 - 999"},
      {"false", "f4", "false"},
      {"true", "f5", "true"},
      {"null", "f6", "null"},
      {"empty bytes", "40", "h''"},
      {"bytes", "4401020304", "h'01020304'"},
      {"empty text", "60", "\"\""},
      {"text", "6449455446", "\"IETF\""},
      {"a text beyond ASCII", "62c3bc", "\"\xc3\xbc\""},
      {"empty array", "80", "[]"},
      {"nested arrays", "8301820203820405", "[1, [2, 3], [4, 5]]"},
      {"25 items", "98190102030405060708090a0b0c0d0e0f101112131415161718181819",
       "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, "
       "25]"},
      {"empty map", "a0", "{}"},
      {"map", "a201020304", "{1: 2, 3: 4}"},
      {"a map in an array", "826161a161626163", "[\"a\", {\"b\": \"c\"}]"},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(outcome(c.in), c.out);
  }
}

TEST(Cbor, RefusesWhatHasTwoSpellings) {
  const Case kCases[] = {
      {"nothing", "", "cbor.value@0x0: the input ends here"},
      {"23 in two bytes", "1817", "cbor.value@0x0: 23 is not written as short as it can be"},
      {"255 in three bytes", "1900ff", "cbor.value@0x0: 255 is not written as short as it can be"},
      {"65535 in five bytes", "1a0000ffff",
       "cbor.value@0x0: 65535 is not written as short as it can be"},
      {"a length in two bytes", "580100", "cbor.value@0x0: 1 is not written as short as it can be"},
      {"indefinite bytes", "5f42010243030405ff",
       "cbor.value@0x0: indefinite length, which is not allowed"},
      {"indefinite array", "9fff", "cbor.value@0x0: indefinite length, which is not allowed"},
      {"indefinite map", "bfff", "cbor.value@0x0: indefinite length, which is not allowed"},
      {"reserved additional information", "1c", "cbor.value@0x0: reserved additional information"},
      {"a key twice", "a201020103", "cbor.value@0x3: a key appears twice in a map"},
      {"a text key twice", "a2616101616102", "cbor.value@0x4: a key appears twice in a map"},
      {"a tag", "c074", "cbor.value@0x0: a tag, which is not allowed"},
      {"a half float", "f90000", "cbor.value@0x0: a float or simple value, which is not allowed"},
      {"a double", "fb3ff199999999999a",
       "cbor.value@0x0: a float or simple value, which is not allowed"},
      {"undefined", "f7", "cbor.value@0x0: a float or simple value, which is not allowed"},
      {"simple 255", "f8ff", "cbor.value@0x0: a float or simple value, which is not allowed"},
      {"not UTF-8", "61ff", "cbor.value@0x0: a text that is not UTF-8"},
      {"short bytes", "4201", "cbor.value@0x0: need 2 bytes, 1 remain"},
      {"a short argument", "1b00", "cbor.value@0x0: need 8 bytes, 1 remain"},
      {"more items than bytes", "9bffffffffffffffff00",
       "cbor.value@0x0: 18446744073709551615 items, 1 byte remain"},
      {"more members than bytes", "bb8000000000000000",
       "cbor.value@0x0: 9223372036854775808 items, "
       "0 bytes remain"},
      {"an array that ends early", "8201", "cbor.value@0x0: 2 items, 1 byte remain"},
      {"an inner array that ends early", "828101", "cbor.value@0x3: the input ends here"},
      {"trailing bytes", "0000", "cbor.end@0x1: 1 trailing bytes"},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(outcome(c.in), c.out);
  }
}

TEST(Cbor, HoldsItsBounds) {
  EXPECT_EQ(outcome("818100", {.depth = 2}), "[[0]]");
  EXPECT_EQ(outcome("818100", {.depth = 1}), "cbor.value@0x2: nested deeper than 1");
  EXPECT_EQ(outcome("830000a0", {.values = 3}), "cbor.value@0x3: more than 3 values");
}

TEST(Cbor, FindsIntegerKeysOfAMap) {
  const Buffer in = parse_hex("in", "a20102186c03").value();
  const CborValue map = parse_cbor("cbor", in).value();
  EXPECT_EQ(map.find(1)->number, 2U);
  EXPECT_EQ(map.find(108)->number, 3U);
  EXPECT_EQ(map.find(2), nullptr);
  EXPECT_EQ(CborValue{}.find(1), nullptr);
}

TEST(Cbor, ReadsAnArrayItemByItem) {
  const Buffer in = parse_hex("in", "820145ff").value();
  CborReader reader("cbor", in);
  EXPECT_EQ(reader.array("log").value(), 2U);
  EXPECT_EQ(reader.value("first")->number, 1U);
  EXPECT_EQ(to_string(reader.value("second").error()), "cbor.second@0x2: need 5 bytes, 1 remain");
}

}  // namespace
}  // namespace assay
