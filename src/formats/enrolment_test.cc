// SPDX-License-Identifier: Apache-2.0
#include "formats/enrolment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"

namespace assay {
namespace {

using testing::HasSubstr;

const EnrolmentRequest kRequest{{0x30, 0x03, 1, 2, 3}, {1, 2}, {3}};
const EnrolmentChallenge kChallenge{"00112233445566778899aabbccddeeff", {1}, {2}, {3}, {4, 5}};

PendingEnrolment pending() {
  PendingEnrolment out;
  out.id = kChallenge.id;
  out.secret = Digest(HashAlgorithm::sha256, Buffer(32, 7));
  out.subject = {.ak_public = {1, 2, 3},
                 .ek_fingerprint = std::string(64, 'a'),
                 .ek_voucher = "CN=\"a\" CA",
                 .emulated = false};
  out.ak_name = {0, 0x0B};
  out.created = from_unix_seconds(1'700'000'000);
  out.expires = from_unix_seconds(1'700'003'600);
  return out;
}

EnrolmentRecord record() { return {pending().subject, from_unix_seconds(1'700'000'001)}; }

TEST(EnrolmentDocuments, SayTheSameWhenReadAgain) {
  EXPECT_EQ(*parse_enrolment_request(as_bytes(encode(kRequest))), kRequest);
  EnrolmentRequest bare = kRequest;
  bare.ek_certificate.clear();
  EXPECT_EQ(*parse_enrolment_request(as_bytes(encode(bare))), bare);
  EXPECT_EQ(*parse_enrolment_challenge(as_bytes(encode(kChallenge))), kChallenge);
  EXPECT_EQ(*parse_pending_enrolment(as_bytes(encode(pending()))), pending());
  for (const bool emulated : {false, true}) {
    PendingEnrolment kept = pending();
    EnrolmentRecord enrolled = record();
    kept.subject.emulated = enrolled.subject.emulated = emulated;
    EXPECT_EQ(*parse_pending_enrolment(as_bytes(encode(kept))), kept);
    EXPECT_EQ(*parse_enrolment_record(as_bytes(encode(enrolled))), enrolled);
  }
  const auto answer = parse_enrolment_answer(
      as_bytes(encode(EnrolmentAnswer{kChallenge.id, Secret(Buffer(32, 9))})));
  ASSERT_TRUE(answer) << to_string(answer.error());
  EXPECT_EQ(answer->id, kChallenge.id);
  EXPECT_EQ(to_buffer(answer->secret.reveal()), Buffer(32, 9));
}

TEST(EnrolmentDocuments, AreWrittenAsDocumented) {
  EXPECT_EQ(encode(kRequest),
            "{\n  \"assay_enrolment\": \"request\",\n  \"ek_certificate\": \"MAMBAgM=\",\n"
            "  \"ek_public\": \"AQI=\",\n  \"ak_public\": \"Aw==\"\n}\n");
}

/// A key's file without its mark is none, so that a mark that was lost is not one that says no.
TEST(EnrolmentDocuments, OfAKeySayWhetherItWasEmulated) {
  const std::string good = encode(record());
  ASSERT_TRUE(parse_enrolment_record(as_bytes(good)));
  const std::pair<std::string, std::string> changes[] = {
      {"", "enrolment_key.emulated: not a boolean"},
      {"\"emulated\": 0,", "enrolment_key.emulated: not a boolean"},
      {"\"emulated\": \"false\",", "enrolment_key.emulated: not a boolean"},
      {"\"Emulated\": false,", "enrolment_key.emulated: not a boolean"},
      {"\"emulated\": false,\"emulated\": true,", "emulated"},
  };
  for (const auto& [to, error] : changes) {
    std::string text = good;
    const std::string from = "\"emulated\": false,";
    text.replace(text.find(from), from.size(), to);
    const auto got = parse_enrolment_record(as_bytes(text));
    ASSERT_FALSE(got) << text;
    EXPECT_EQ(got.error().fault, Fault::malformed);
    EXPECT_THAT(to_string(got.error()), HasSubstr(error)) << text;
  }
}

TEST(EnrolmentDocuments, AreRefusedWithAReason) {
  struct Case {
    const char* name;
    std::string in, error;
  };
  const std::string answer =
      R"({"assay_enrolment":"answer","id":"00112233445566778899aabbccddeeff","secret":"AQ=="})";
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string out = answer;
    return out.replace(out.find(from), from.size(), to);
  };
  const Case kCases[] = {
      {"nothing", "", "enrolment_answer"},
      {"a list", "[]", "enrolment_answer"},
      {"another document", encode(kRequest), "this is a \"request\", wanted a \"answer\""},
      {"no kind", R"({"id":"00"})", "enrolment_answer.assay_enrolment: missing"},
      {"a member too many", with("}", R"(,"x":1})"), "has a member"},
      {"a member twice", with("}", R"(,"id":"00112233445566778899aabbccddeeff"})"), "id"},
      {"a short id", with("00112233", "001122"), "enrolment_answer.id: wanted 32 lower-case"},
      {"an id in capitals", with("aabb", "AABB"), "enrolment_answer.id: wanted 32 lower-case"},
      {"no secret", with(R"(,"secret":"AQ==")", ""), "enrolment_answer.secret: missing"},
      {"an empty secret", with("AQ==", ""), "enrolment_answer.secret: 0 bytes"},
      {"base64 with spare bits", with("AQ==", "AR=="), "enrolment_answer.secret"},
      {"a number for a text", with("\"AQ==\"", "1"), "enrolment_answer.secret"},
  };
  ASSERT_TRUE(parse_enrolment_answer(as_bytes(answer)));
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    const auto got = parse_enrolment_answer(as_bytes(c.in));
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().fault, Fault::malformed);
    EXPECT_THAT(to_string(got.error()), HasSubstr(c.error));
  }
}

TEST(EnrolmentDocuments, ThatEndBeforeTheyBeginAreRefused) {
  PendingEnrolment wrong = pending();
  wrong.expires = wrong.created;
  const auto got = parse_pending_enrolment(as_bytes(encode(wrong)));
  ASSERT_FALSE(got);
  EXPECT_EQ(to_string(got.error()), "enrolment_pending.expires: not after \"created\"");
}

}  // namespace
}  // namespace assay
