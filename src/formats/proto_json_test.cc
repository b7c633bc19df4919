// SPDX-License-Identifier: Apache-2.0
#include "formats/proto_json.h"

#include <gtest/gtest.h>
#include <proto/attest.pb.h>

namespace assay {
namespace {

struct Case {
  std::string_view name;
  std::string_view in;
  std::string_view error;  ///< how it begins; the rest is the library's
};

const Case kCases[] = {
    {"a number as text", R"({"projectNumber":"12"})", ""},
    {"a number as number", R"({"projectNumber":12})", ""},
    {"a null is a default", R"({"zone":null})", ""},
    {"a string for a message", R"({"zone":{}})", "instance: : invalid value"},
    {"text for a number", R"({"projectNumber":"twelve"})",
     "instance: (project_number): invalid value \"twelve\""},
    {"a negative number", R"({"projectNumber":-1})",
     "instance: (project_number): invalid value -1"},
    {"a double, both names", R"({"projectId":"a","project_id":"a"})",
     "instance.project_id: appears twice, under both of its names"},
    {"an unknown member", R"({"newer":{"a":[1]},"zone":"z"})", "instance.newer: unknown member"},
    {"a trailing comma", R"({"zone":"a",})", "instance@0xc: not JSON: syntax error"},
    {"two objects", R"({}{})", "instance@0x2: not JSON: extra data"},
    {"a comment", R"({}//)", "instance@0x2: not JSON: extra data"},
};

TEST(ProtoJson, ParsesOrExplains) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    attest::GCEInstanceInfo message;
    testing::internal::CaptureStderr();
    const auto status = parse_proto_json("instance", c.in, message);
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
    const std::string error = status ? "" : to_string(status.error());
    EXPECT_EQ(error.empty(), c.error.empty()) << error;
    EXPECT_TRUE(error.starts_with(c.error)) << error;
  }
}

TEST(ProtoJson, ReplacesWhatTheMessageHeld) {
  attest::GCEInstanceInfo message;
  message.set_zone("before");
  ASSERT_TRUE(parse_proto_json("instance", R"({"projectId":"p"})", message));
  EXPECT_EQ(message.zone(), "");
  EXPECT_EQ(message.project_id(), "p");
}

TEST(ProtoJson, HasOneSpellingOfAMapKey) {
  tpm::PCRs message;
  EXPECT_TRUE(parse_proto_json("pcrs", R"({"pcrs":{"0":"","10":""}})", message));
  for (const std::string_view key : {"00", "+1", " 1", "1 ", "0x1", "-0", "1.0", ""}) {
    const std::string text = R"({"pcrs":{")" + std::string(key) + R"(":""}})";
    EXPECT_FALSE(parse_proto_json("pcrs", text, message)) << key;
  }
}

TEST(ProtoJson, HasALimit) {
  attest::GCEInstanceInfo message;
  const auto status = parse_proto_json("instance", R"({"projectId":"p"})", message, {.bytes = 8});
  ASSERT_FALSE(status);
  EXPECT_EQ(to_string(status.error()), "instance: 17 bytes of JSON, at most 8 allowed");
}

TEST(ProtoJson, WritesMapsInOrder) {
  tpm::PCRs message;
  for (const std::uint32_t i : {23U, 0U, 7U, 10U}) (*message.mutable_pcrs())[i] = "x";
  message.set_hash(tpm::SHA256);
  EXPECT_EQ(to_proto_json(message),
            R"({"hash":"SHA256","pcrs":{"0":"eA==","7":"eA==","10":"eA==","23":"eA=="}})");
}

}  // namespace
}  // namespace assay
