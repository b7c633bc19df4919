// SPDX-License-Identifier: Apache-2.0
#include "formats/pcrlock.h"

#include <gtest/gtest.h>

#include "base/hex.h"

namespace assay {
namespace {

// SHA-1 and SHA-256 of "enter-initrd".
constexpr const char* kSha1 = "b1b01d5f73f321eb70e76f8a0e241ac0a3fa4a6e";
constexpr const char* kSha256 = "51e6b92f405d1f98d96e3de343d61d420ad6923b25de21d766f9298192f14fed";

std::string file(std::string_view record) { return "{\"records\":[" + std::string(record) + "]}"; }
std::string digest(std::string_view algorithm, std::string_view value) {
  return "{\"hashAlg\":\"" + std::string(algorithm) + "\",\"digest\":\"" + std::string(value) +
         "\"}";
}

TEST(Pcrlock, IsReadAndWritten) {
  const std::string text =
      file(R"({"recnum":7,"pcr":11,"digests":[)" + digest("sha256", kSha256) + "," +
           digest("sha1", kSha1) + R"(],"content_type":"systemd","content":{}})");
  const auto records = parse_pcrlock(text);
  ASSERT_TRUE(records) << to_string(records.error());
  ASSERT_EQ(records->size(), 1U);
  EXPECT_EQ(records->front().pcr, 11U);
  ASSERT_EQ(records->front().digests.size(), 2U);
  EXPECT_EQ(hex(records->front().digests[0].bytes()), kSha256);
  EXPECT_EQ(records->front().digests[1].algorithm(), HashAlgorithm::sha1);
  EXPECT_EQ(parse_pcrlock(encode_pcrlock(*records)).value(), *records);
  EXPECT_EQ(encode_pcrlock({}), "{\n  \"records\": []\n}\n");
}

TEST(Pcrlock, RefusesWhatIsNone) {
  struct Case {
    std::string name, text, error;
  };
  const std::string good = digest("sha1", kSha1);
  const Case kCases[] = {
      {"a list", "[]", "pcrlock: wanted an object, got an array"},
      {"no records", "{}", "pcrlock.records: missing"},
      {"a record that is none", file("1"), "pcrlock.record 0.record: not an object"},
      {"no PCR", file("{}"), "pcrlock.record 0.pcr: missing"},
      {"PCR 24", file(R"({"pcr":24,"digests":[]})"), "pcrlock.record 0.pcr: PCR 24"},
      {"PCR -1", file(R"({"pcr":-1,"digests":[]})"), "pcrlock.record 0.pcr: PCR -1"},
      {"no digest", file(R"({"pcr":4,"digests":[]})"), "pcrlock.record 0.digests: no digest"},
      {"an algorithm twice", file(R"({"pcr":4,"digests":[)" + good + "," + good + "]}"),
       "pcrlock.record 0.digests: sha1 appears twice"},
      {"an unknown algorithm", file(R"({"pcr":4,"digests":[)" + digest("md5", kSha1) + "]}"),
       "pcrlock.record 0.digests: \"md5\" is not known"},
      {"a short digest", file(R"({"pcr":4,"digests":[)" + digest("sha256", kSha1) + "]}"),
       "pcrlock.record 0.digests: sha256 has digests of 32 bytes, not 20"},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    const auto records = parse_pcrlock(c.text);
    EXPECT_EQ(records ? "read" : to_string(records.error()), c.error);
  }
}

}  // namespace
}  // namespace assay
