// SPDX-License-Identifier: Apache-2.0
#include "cli/policy.h"

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "base/json.h"
#include "cli/verify.h"
#include "formats/recorded.h"
#include "host/file.h"

namespace assay {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kEvidence = "gce-attestations/gce-cos-85-nonce9009.pb";

constexpr const char* kPolicy = R"(accept_any = ["applications", "kernel", "instance"]
evidence.minimum_nonce_bytes = 2
platform.minimum_technology = "sev"
secure_boot.required = true
)";
constexpr const char* kStrictPolicy = R"(accept_any = ["applications", "kernel", "instance"]
evidence.minimum_nonce_bytes = 2
platform.minimum_technology = "sev-snp"
secure_boot.required = true
)";

/// A directory with files, and what a command wrote.
class PolicyCommand : public testing::Test {
 protected:
  std::string file(const std::string& name, std::string_view content) {
    const auto path = directory_->path() / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
    return path.string();
  }
  Io io() { return {out_, err_}; }

  Result<TemporaryDirectory> directory_ = TemporaryDirectory::make();
  std::ostringstream out_, err_;
};

TEST_F(PolicyCommand, ChecksAPolicy) {
  EXPECT_EQ(run_policy_check({file("p.toml", kPolicy)}, io()), kAccepted);
  EXPECT_THAT(out_.str(), HasSubstr("p.toml: understood, 11 sentences"));
  EXPECT_EQ(
      run_policy_check({file("p.textproto", "platform { minimum_technology: AMD_SEV }")}, io()),
      kAccepted);
  EXPECT_EQ(run_policy_check({(directory_->path() / "none.toml").string()}, io()), kUnavailable);
}

TEST_F(PolicyCommand, PointsAtWhatItDoesNotUnderstand) {
  const std::string path =
      file("p.toml",
           std::string(kPolicy) + "[[condition]]\nname = \"c\"\nthat = \"bonk == '\x1b[2J'\"\n");
  EXPECT_EQ(run_policy_check({path}, io()), kRejected);
  EXPECT_EQ(err_.str().find('\x1b'), std::string::npos);
  err_.str("");
  const std::string other = file(
      "p.toml", std::string(kPolicy) + "[[condition]]\nname = \"c\"\nthat = \"bnak == 'x'\"\n");
  EXPECT_EQ(run_policy_check({other}, io()), kRejected);
  EXPECT_THAT(err_.str(),
              StartsWith("assay: " + other +
                         ":7: condition.that: condition \"c\", 1:1: no claim is called `bnak`; did "
                         "you mean `bank`?\n"
                         "    bnak == 'x'\n"
                         "    ^\n"));
  EXPECT_EQ(run_policy_check({.file = other, .json = true}, io()), kRejected);
  const auto answer = parse_json_object("out", out_.str());
  ASSERT_TRUE(answer);
  EXPECT_FALSE(answer->at("understood").get_bool());
}

TEST_F(PolicyCommand, ExplainsAPolicyInSentences) {
  EXPECT_EQ(run_policy_explain({file("p.toml", kPolicy)}, io()), kAccepted);
  EXPECT_EQ(out_.str(),
            "A machine passes if all of this holds:\n"
            "  - The nonce that the evidence answers has 2 bytes or more.\n"
            "  - What is said of the machine does not rest on SHA-1.\n"
            "  - The machine is no emulator's.\n"
            "  - The machine's vendor vouches for it, no CA or key of an operator's own.\n"
            "  - The machine is protected by AMD SEV or better.\n"
            "  - Secure Boot is on.\n"
            "  - Nothing is asked about applications: any passes.\n"
            "  - Nothing is asked about kernel: any passes.\n"
            "  - Nothing is asked about instance: any passes.\n"
            "  - A machine with drivers that are loaded at boot is refused.\n"
            "  - A machine with a container is refused.\n");
}

class RecordedPolicyCommand : public PolicyCommand {
 protected:
  void SetUp() override {
    const auto evidence = corpus_file(kEvidence);
    if (!evidence) GTEST_SKIP() << "no corpus: set ASSAY_CORPUS";
    evidence_ = file("cases/good.pb", as_text(*evidence));
  }
  static std::string one_case(const std::string& verdict, const std::string& nonce = "9009") {
    return "evidence = \"good.pb\"\nnonce = \"" + nonce +
           "\"\nnow = \"2023-01-01T00:00:00Z\"\ntrust = [\"google\"]\n" + verdict;
  }
  int test(const char* policy) {
    out_.str("");
    err_.str("");
    return run_policy_test({file("p.toml", policy), (directory_->path() / "cases").string()}, io());
  }
  std::string evidence_;
};

TEST_F(RecordedPolicyCommand, DecidesCases) {
  file("cases/good.toml", one_case("verdict = \"accepted\"\n"));
  EXPECT_EQ(test(kPolicy), kAccepted) << out_.str() << err_.str();
  EXPECT_EQ(out_.str(), "  ok    good\n1 case, 0 decided otherwise than it says\n");
  EXPECT_EQ(test(kStrictPolicy), kRejected);
  EXPECT_THAT(out_.str(), HasSubstr("  FAIL  good: wanted accepted with nothing failing, got "
                                    "rejected with policy.platform.technology\n"));
  file("cases/good.toml",
       one_case("verdict = \"rejected\"\nfailing = [\"policy.platform.technology\"]\n"));
  EXPECT_EQ(test(kStrictPolicy), kAccepted) << out_.str();
  EXPECT_EQ(test(kPolicy), kRejected);
}

TEST_F(RecordedPolicyCommand, TakesNoForgeryForAPolicysRefusal) {
  file("cases/stale.toml",
       one_case("verdict = \"rejected\"\nfailing = [\"policy.platform.technology\"]\n", "9010"));
  EXPECT_EQ(test(kStrictPolicy), kRejected);
  EXPECT_THAT(out_.str(), HasSubstr("the evidence is not authentic (tpm.quote.nonce"));
}

TEST_F(RecordedPolicyCommand, RefusesCasesThatSayTooLittle) {
  EXPECT_EQ(test(kPolicy), kUnavailable);  // none
  file("cases/a.toml", one_case(""));
  EXPECT_EQ(test(kPolicy), kUsage);
  EXPECT_THAT(err_.str(), HasSubstr("a.toml: without `verdict`"));
  file("cases/a.toml", one_case("verdict = \"rejected\"\n"));
  EXPECT_EQ(test(kPolicy), kUsage);
  EXPECT_THAT(err_.str(), HasSubstr("a case that is rejected names what is `failing`"));
  file("cases/a.toml", one_case("verdict = \"accepted\"\nwhy = \"x\"\n"));
  EXPECT_EQ(test(kPolicy), kUsage);
  EXPECT_THAT(err_.str(), HasSubstr("a.toml:6: why: no such key"));
  file("cases/a.toml",
       "evidence = \"none.pb\"\nnonce = \"00\"\nnow = \"2023-01-01T00:00:00Z\"\n"
       "trust = []\nverdict = \"accepted\"\n");
  EXPECT_EQ(test(kPolicy), kUnavailable);
}

TEST_F(RecordedPolicyCommand, VerifyAppliesThePolicy) {
  VerifyOptions options;
  options.input = evidence_;
  options.nonce = "9009";
  options.trust = {"google"};
  options.now = "2023-01-01T00:00:00Z";
  options.policy = file("p.toml", kPolicy);
  options.shown = ShownChecks::all;
  EXPECT_EQ(run_verify(options, io()), kAccepted);
  EXPECT_THAT(out_.str(), HasSubstr("policy.secure_boot.required"));
  EXPECT_THAT(out_.str(), HasSubstr("\n  (the policy asks nothing about applications, kernel, "
                                    "instance: any passes)\n"));

  options.policy = file("strict.toml", kStrictPolicy);
  options.json = true;
  out_.str("");
  EXPECT_EQ(run_verify(options, io()), kRejected);
  const auto answer = parse_json_object("out", out_.str(), {.bytes = 1 << 20});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->at("verdict"), "rejected");

  options.policy = file("p.textproto", "platform { minimum_technology: AMD_SEV_ES }");
  EXPECT_EQ(run_verify(options, io()), kRejected);
  options.policy = file("wrong.toml", "x = 1");
  EXPECT_EQ(run_verify(options, io()), kUsage);
  EXPECT_THAT(err_.str(), HasSubstr("wrong.toml:1: x: no such section"));
}

}  // namespace
}  // namespace assay
