// SPDX-License-Identifier: Apache-2.0
#include "boots/keylime_refstate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "boots/predicted_boot.h"
#include "boots/testing.h"
#include "formats/testing.h"
#include "policy/appraisal_policy.h"
#include "policy/keylime_policy.h"

namespace assay {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

json::object refstate_of(std::initializer_list<const char*> boots) {
  std::vector<std::unique_ptr<Boot>> read;
  std::vector<const ReplayedLog*> replayed;
  for (const char* boot : boots)
    replayed.push_back(&read.emplace_back(std::make_unique<Boot>(*recorded_log(boot)))->replayed());
  auto state = keylime_refstate(replayed);
  EXPECT_TRUE(state) << to_string(state.error());
  return state ? std::move(*state) : json::object();
}

std::string refusal(std::initializer_list<const ReplayedLog*> boots) {
  const auto state = keylime_refstate(std::span(boots.begin(), boots.size()));
  return state ? "" : to_string(state.error());
}

/// Facts of the recorded boot: tests/boots/sb, as `tpm2_eventlog` prints it.
TEST(KeylimeRefstate, SaysWhatTheBootMeasured) {
  const json::object state = refstate_of({"sb"});
  EXPECT_TRUE(state.at("has_secureboot").get_bool());
  EXPECT_EQ(json::serialize(state.at("kernels")),
            R"([{"shim_authcode_sha256":)"
            R"("0x80a66d53a945d2286fcadd780fae1c225aa732079cd67b5225dc78aaab4e2ff8",)"
            R"("grub_authcode_sha256":)"
            R"("0xa68f6d71ebddaa19751ff8d729f67d11b0df8e4c49400c3e7e90de16119e1265",)"
            R"("kernel_authcode_sha256":)"
            R"("0x5f21ff2c0d5d899842b28a8b19901ba72cf7a7ab93c02a77fadc6ff72be85b31",)"
            R"("initrd_plain_sha256":)"
            R"("0x252537162caa0219e00b3e1c03fab37036f7796fe44bebf5a10eff3f4b602b5f",)"
            R"("kernel_cmdline":"/boot/vmlinuz root=/dev/ram0 console=ttyS0 ro quiet panic=5 )"
            R"(lab=sb"}])");
  EXPECT_EQ(
      json::serialize(state.at("scrtm_and_bios")),
      R"([{"scrtm":{"sha256":"0x96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"},)"
      R"("platform_firmware":[)"
      R"({"sha256":"0x32dee58fd15713bb7af2790344dadcc52dd1bcd30c03d5b9616c8c0a0887fe2f"},)"
      R"({"sha256":"0xa644ed209b188dd428ea3e15c0b1dbbc1ad05d406bb2857cac4a73b98d0b6b4f"}]}])");
  EXPECT_EQ(state.at("pk").get_array().size(), 1u);
  EXPECT_EQ(json::serialize(state.at("mokdig")),
            R"([{"sha256":"0x342c88bb9fde2c45eeaa17321262b089181e7e841ef5a4a5e8ed240920026f97"}])");
  EXPECT_EQ(json::serialize(state.at("mokxdig")),
            R"([{"sha256":"0x45e89b4a5f8283cd8ae7c66bda8346697120c84880537aadb49a665c7d7eec0f"}])");
}

TEST(KeylimeRefstate, ComesBackAsAPolicyForTheSameBoots) {
  const auto failures = [](std::initializer_list<const char*> of, const char* boot) {
    const auto toml = policy_from_keylime("refstate", json::serialize(refstate_of(of)));
    EXPECT_TRUE(toml) << to_string(toml.error());
    const auto policy = AppraisalPolicy::parse("imported", *toml);
    EXPECT_TRUE(policy) << to_string(policy.error());
    std::vector<std::string> out;
    const MachineState state = Boot(*recorded_log(boot)).state(HashAlgorithm::sha256);
    const Verdict verdict = policy->appraise_machine(state);
    for (const Check& c : verdict.checks())
      if (c.verdict == CheckVerdict::fail) out.push_back(c.id);
    return out;
  };
  EXPECT_THAT(failures({"sb"}, "sb"), IsEmpty());
  EXPECT_THAT(failures({"sb"}, "sbfull"), testing::Contains("policy.applications.exactly"));
  EXPECT_THAT(failures({"sb", "sbfull"}, "sb"), IsEmpty());
  EXPECT_THAT(failures({"sb", "sbfull"}, "sbfull"), IsEmpty());
}

TEST(KeylimeRefstate, RequiresOnlyWhatAllBootsHadRevoked) {
  const Boot sb(*recorded_log("sb"));
  PredictedBoot updated(sb.replayed());
  ASSERT_TRUE(updated.add_signature("dbx", kSha256Guid, Buffer(32, 7)));
  const Boot after(updated.log());
  const ReplayedLog* const both[] = {&after.replayed(), &sb.replayed()};
  const auto state = keylime_refstate(both);
  ASSERT_TRUE(state) << to_string(state.error());
  EXPECT_EQ(state->at("dbx"), refstate_of({"sb"}).at("dbx"));
  EXPECT_EQ(state->at("kernels").get_array().size(), 1u);
}

TEST(KeylimeRefstate, SaysWhatThatPolicyCannotDescribe) {
  const Boot sb(*recorded_log("sb")), nosb(*recorded_log("nosb")), uki(*recorded_log("uki"));
  EXPECT_EQ(refusal({}), "keylime: needs at least one boot");
  EXPECT_THAT(refusal({&uki.replayed()}), HasSubstr("GRUB measured no initial RAM disk"));
  EXPECT_EQ(refusal({&nosb.replayed()}),
            "keylime: the firmware started 1 programs; without Secure Boot that policy wants shim "
            "and GRUB");
  EXPECT_EQ(refusal({&sb.replayed(), &nosb.replayed()}),
            "keylime: boots with and without Secure Boot: that policy describes one of the two");
}

}  // namespace
}  // namespace assay
