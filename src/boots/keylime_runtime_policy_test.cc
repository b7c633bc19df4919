// SPDX-License-Identifier: Apache-2.0
#include "boots/keylime_runtime_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/recorded.h"

namespace assay {
namespace {

std::string refusal(ImaFormat format, Bytes list) {
  const ImaList lists[] = {{format, list}};
  const auto policy = keylime_runtime_policy(lists);
  return policy ? "" : to_string(policy.error());
}

TEST(KeylimeRuntimePolicy, AllowsWhatTheRecordedListMeasured) {
  const Buffer ascii = boot_file("sb/ima_ascii"), binary = boot_file("sb/ima_binary");
  const ImaList twice[] = {{ImaFormat::ascii, ascii}, {ImaFormat::binary, binary}};
  const auto policy = keylime_runtime_policy(twice);
  ASSERT_TRUE(policy) << to_string(policy.error());
  const json::object& digests = policy->at("digests").get_object();
  // The first line of the list, as the kernel prints it.
  EXPECT_EQ(json::serialize(digests.at("boot_aggregate")),
            R"(["3a21bb3be7f761883a823a6529d1ff7762c7055a45b355fb16021c99df6acf8a"])");
  EXPECT_TRUE(policy->at("keyrings").get_object().empty());
  EXPECT_EQ(json::serialize(policy->at("ima")),
            R"({"ignored_keyrings":[],"log_hash_alg":"sha1","dm_policy":null})");
}

TEST(KeylimeRuntimePolicy, SkipsViolationsAndRefusesEdits) {
  const std::string zero(40, '0');
  const std::string violation = "10 " + zero + " ima-ng sha256:" + std::string(64, '0') + " /x\n";
  const ImaList one[] = {{ImaFormat::ascii, as_bytes(violation)}};
  const auto policy = keylime_runtime_policy(one);
  ASSERT_TRUE(policy) << to_string(policy.error());
  EXPECT_TRUE(policy->at("digests").get_object().empty());

  Buffer ascii = boot_file("sb/ima_ascii");
  ascii[3] ^= 1;  // of the first template hash
  EXPECT_EQ(refusal(ImaFormat::ascii, ascii),
            "ima.entry 0: its hash is not that of its content: edited");
  EXPECT_NE(refusal(ImaFormat::binary, as_bytes("no list")), "");
}

}  // namespace
}  // namespace assay
