// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace assay {
namespace {

std::string error_of(std::string_view text, JsonLimits limits = {}) {
  const auto got = parse_json("body", text, limits);
  return got ? "" : to_string(got.error());
}

TEST(Json, ReadsWhatIsJson) {
  EXPECT_EQ(error_of(R"({"a":[1,2.5,"x",null,true,{}],"b":{"a":1}})"), "");
  EXPECT_EQ(error_of(" 1 "), "");
  EXPECT_EQ(error_of(R"([{"a":1},{"a":2}])"), "");
}

TEST(Json, RefusesAMemberNamedTwice) {
  EXPECT_EQ(error_of(R"({"a":1,"a":2})"), "body@0x9: member \"a\" appears twice");
  EXPECT_EQ(error_of(R"({"x":{"aud":1,"sub":2,"aud":3}})"),
            "body@0x1a: member \"aud\" appears twice");
  // The same member, spelled with an escape.
  EXPECT_EQ(error_of("{\"a\":1,\"\\u0061\":2}"), "body@0xe: member \"a\" appears twice");
  EXPECT_NE(error_of(R"({"":1,"":2})"), "");
}

TEST(Json, IsBounded) {
  EXPECT_EQ(error_of("[1]", {.bytes = 2}), "body: 3 bytes of JSON, at most 2 allowed");
  const std::string deep = std::string(33, '[') + std::string(33, ']');
  EXPECT_EQ(error_of(deep), "body@0x20: nested deeper than 32");
  EXPECT_EQ(error_of(std::string(32, '[') + std::string(32, ']')), "");
}

TEST(Json, BoundsTheNumberOfValuesOfEveryKind) {
  // Seven values: the object, the array and what is in them; names are none.
  constexpr std::string_view kSeven = R"({"a":[1,2.5,"x",null],"b":true})";
  EXPECT_EQ(error_of(kSeven, {.values = 7}), "");
  EXPECT_EQ(error_of(kSeven, {.values = 6}), "body@0x1a: more than 6 values");
  for (const char* kind :
       {"{}", "[]", "1", "18446744073709551615", "1.5", "\"x\"", "true", "null"}) {
    EXPECT_EQ(error_of(fmt::format("[{}]", kind), {.values = 2}), "") << kind;
    EXPECT_THAT(error_of(fmt::format("[{0},{0}]", kind), {.values = 2}),
                testing::EndsWith("more than 2 values"))
        << kind;
  }
  std::string many = "[";
  for (int i = 0; i < 64 * 1024; ++i) many += i == 0 ? "0" : ",0";
  EXPECT_THAT(error_of(many + "]", {.bytes = 1 << 20}),
              testing::EndsWith("more than 65536 values"));
}

TEST(Json, RefusesWhatIsNot) {
  for (const char* text :
       {"", "{", "{\"a\":1,}", "[1] x", "nul", "{'a':1}", "\"\xff\"", "01", "1e999", "// c\n1"}) {
    EXPECT_NE(error_of(text), "") << text;
  }
}

TEST(Json, TypedAccessExplains) {
  const auto o = *parse_json_object("x", R"({"s":"t","i":3,"n":null})");
  EXPECT_EQ(*json_string(o, "s"), "t");
  EXPECT_EQ(*json_integer(o, "i"), 3);
  EXPECT_EQ(to_string(json_string(o, "i").error()), "i: wanted a string, got a number");
  EXPECT_EQ(to_string(json_string(o, "z").error()), "z: missing");
  EXPECT_EQ(to_string(parse_json_object("x", "[]").error()), "x: wanted an object, got an array");
}

TEST(Json, PrettyPrints) {
  EXPECT_EQ(pretty_json(*parse_json("x", R"({"a":[1,{"b":"c"}],"d":{},"e":[]})")),
            "{\n  \"a\": [\n    1,\n    {\n      \"b\": \"c\"\n    }\n  ],\n  \"d\": {},\n  \"e\": "
            "[]\n}\n");
}

}  // namespace
}  // namespace assay
