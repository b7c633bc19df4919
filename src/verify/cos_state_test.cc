// SPDX-License-Identifier: Apache-2.0
#include "verify/cos_state.h"

#include <gtest/gtest.h>

#include "base/hex.h"
#include "formats/recorded.h"
#include "verify/canonical_log.h"
#include "verify/cel_log_writer.h"
#include "verify/cel_replay.h"

namespace assay {
namespace {

constexpr const char* kAgentLog = "eventlogs/cel/go-tpm-tools-agent-cel.bin";

/// "pass", or the ids of the checks that did not.
std::string failures(const Verdict& verdict) {
  std::string out;
  for (const Check& c : verdict.checks())
    if (c.verdict != CheckVerdict::pass) out.append(out.empty() ? "" : " ").append(c.id.view());
  return out.empty() ? "pass" : out;
}

std::string outcome(Bytes log, CelRegister where) {
  const auto parsed = parse_cel(CelEncoding::tlv, log);
  if (!parsed) return "malformed";
  Verdict verdict;
  const auto state = read_cos(*parsed, where, verdict);
  EXPECT_EQ(state.has_value(), verdict.accepted());
  return failures(verdict);
}

TEST(CosState, IsReadFromALogOfConfidentialSpace) {
  const auto file = corpus_file(kAgentLog);
  if (!file) GTEST_SKIP() << "no corpus";
  const CelLog log = parse_cel(CelEncoding::tlv, *file).value();
  Verdict verdict;
  const auto state = read_cos(log, kCosCcMr, verdict);
  ASSERT_TRUE(state) << failures(verdict);
  EXPECT_EQ(state->image_reference,
            "us-west1-docker.pkg.dev/confidential-space-images-dev/cs-integ-test-images/gpu/"
            "cuda-vector-add:latest");
  EXPECT_EQ(state->image_digest,
            "sha256:777049f969d790c7fa9edf5783ad22b2d4fa25f31612e95639eb3b5098ff8066");
  EXPECT_EQ(state->image_id,
            "sha256:1db014580ad43779e3a4a2b7b3b393ea3517c21efc8bef38f6e61c0c724f8833");
  EXPECT_EQ(state->restart_policy, "Never");
  EXPECT_EQ(state->args, std::vector<std::string>{"/cuda-samples/sample"});
  EXPECT_EQ(state->env.size(), 10U);
  EXPECT_EQ(state->env.at("CUDA_VERSION"), "12.5.0");
  EXPECT_TRUE(state->override_args.empty());
  EXPECT_TRUE(state->override_env.empty());
  EXPECT_TRUE(state->launched);
  EXPECT_EQ(state->memory_monitor, false);
  EXPECT_EQ(state->gpu_cc_mode, "ON");
}

/// Computed by a reader of its own, from the format's description: tests/oracle.
TEST(CelReplay, EndsAtTheKnownValueOfTheCorpusLog) {
  const auto file = corpus_file(kAgentLog);
  if (!file) GTEST_SKIP() << "no corpus";
  const CelLog log = parse_cel(CelEncoding::tlv, *file).value();
  const auto banks = banks_of(log);
  EXPECT_EQ(banks, std::vector{HashAlgorithm::sha384});
  const CelReplay replayed = replay(log, banks);
  ASSERT_EQ(replayed.banks[0].values.size(), 1U);
  EXPECT_EQ(replayed.banks[0].values[0].where, kCosCcMr);
  EXPECT_EQ(replayed.banks[0].values[0].extends, 18U);
  EXPECT_EQ(
      hex(replayed.banks[0].values[0].value.bytes()),
      "2261f93374ed538b35e7e93c540a1562ccb25d14f6c40a1efea03d329e29a97172d84e152344af4a7188d0c8b9"
      "fcabeb");
}

TEST(CosState, NoByteOfAContentOrDigestCanBeFlipped) {
  const auto file = corpus_file(kAgentLog);
  if (!file) GTEST_SKIP() << "no corpus";
  const CelLog good = parse_cel(CelEncoding::tlv, *file).value();
  std::vector<bool> covered(file->size(), false);
  const auto mark = [&](Bytes part) {
    const auto at = static_cast<std::size_t>(part.data() - file->data());
    std::fill_n(covered.begin() + static_cast<std::ptrdiff_t>(at), part.size(), true);
  };
  for (const CelRecord& record : good.records) {
    mark(record.content_tlv);
    for (std::size_t i = 0; i < record.digest_count; ++i) mark(record.digests[i].bytes);
  }
  std::size_t flipped = 0;
  for (std::size_t i = 0; i < file->size(); ++i) {
    Buffer log = *file;
    log[i] ^= 1;
    const std::string got = outcome(log, kCosCcMr);
    // The rest are the framing's lengths and types, numbers and registers.
    EXPECT_NE(got, "pass") << i;
    if (covered[i]) ++flipped;
  }
  EXPECT_EQ(flipped, 3569U - 18U * (13 + 6 + 5 + 5));
}

struct Case {
  std::string_view name;
  std::vector<CosRecord> records;
  std::string_view failures;
};

using Type = CosEventType;

TEST(CosState, HasItsRules) {
  const Case kCases[] = {
      {"a container that was launched",
       {{Type::image_reference, "r"},
        {Type::argument, "a"},
        {Type::argument, "b"},
        {Type::launch_separator, ""}},
       "pass"},
      {"an image twice",
       {{Type::image_reference, "r"}, {Type::image_reference, "r"}},
       "cel.cos.once"},
      {"an empty image, then another",
       {{Type::image_digest, ""}, {Type::image_digest, "sha256:00"}},
       "cel.cos.once"},
      {"two restart policies",
       {{Type::restart_policy, "Never"}, {Type::restart_policy, "Always"}},
       "cel.cos.once"},
      {"an argument behind the separator",
       {{Type::launch_separator, ""}, {Type::argument, "a"}},
       "cel.cos.order"},
      {"two separators",
       {{Type::launch_separator, ""}, {Type::launch_separator, ""}},
       "cel.cos.order"},
      {"a form that is wrong", {{Type::environment, "no equals"}}, "cel.cos.events"},
      {"an unknown type", {{Type{12}, ""}}, "cel.cos.events"},
      {"another PCR", {{Type::argument, "a", 16}}, "cel.cos.register"},
      {"one of two in another PCR",
       {{Type::argument, "a"}, {Type::argument, "a", 14}},
       "cel.cos.register"},
      {"what was not measured", {{Type::argument, "a", 13, Forge::one_bank}}, "cel.cos.measured"},
      {"what was measured in no bank",
       {{Type::argument, "a", 13, Forge::all_banks}},
       "cel.cos.measured"},
      {"everything at once",
       {{Type::launch_separator, ""}, {Type{77}, ""}, {Type::argument, "a", 1, Forge::all_banks}},
       "cel.cos.register cel.cos.events cel.cos.measured"},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(outcome(cos_log(c.records), kCosPcr), c.failures);
  }
}

TEST(CosState, KeepsWhatTheLauncherSays) {
  const Buffer bytes = cos_log({{Type::environment, "A=1"},
                                {Type::environment, "A=2=3"},
                                {Type::override_argument, "--x"},
                                {Type::override_environment, "B="},
                                {Type::memory_monitor, "\x01"},
                                {Type::gpu_attestation_binding, "\xff"},
                                {Type::launch_separator, "no such image"}});
  const CelLog log = parse_cel(CelEncoding::tlv, bytes).value();
  Verdict verdict;
  const auto state = read_cos(log, kCosPcr, verdict);
  ASSERT_TRUE(state) << failures(verdict);
  EXPECT_EQ(state->env, (std::map<std::string, std::string>{{"A", "2=3"}}));
  EXPECT_EQ(state->override_args, std::vector<std::string>{"--x"});
  EXPECT_EQ(state->override_env, (std::map<std::string, std::string>{{"B", ""}}));
  EXPECT_EQ(state->memory_monitor, true);
  EXPECT_EQ(state->gpu_attestation_binding, Buffer{0xFF});
  EXPECT_FALSE(state->launched);
  EXPECT_EQ(state->launch_error, "no such image");
  EXPECT_FALSE(state->restart_policy);
}

TEST(CosState, RefusesOtherContents) {
  const std::string text =
      R"([{"recnum":0,"pcr":13,"digests":[{"hashAlg":"sha1","digest":"1111111111111111111111111111111111111111"}],"content_type":"pcclient_std","content":{"event_type":4,"event_data":""}}])";
  const CelLog log = parse_cel(CelEncoding::json, as_bytes(text)).value();
  Verdict verdict;
  EXPECT_FALSE(read_cos(log, kCosPcr, verdict));
  EXPECT_EQ(failures(verdict), "cel.cos.events");
}

// --- against quotes

std::vector<PcrValues> quoted_for(Bytes log) {
  const CelLog parsed = parse_cel(CelEncoding::tlv, log).value();
  std::vector<PcrValues> out;
  for (const HashAlgorithm bank : {HashAlgorithm::sha1, HashAlgorithm::sha256}) {
    const HashAlgorithm banks[] = {bank};
    const CelReplay replayed = replay(parsed, banks);
    PcrValues values{bank, {}};
    for (auto& value : values.values) value = Digest(bank);
    values.values[13] = replayed.banks[0].find(kCosPcr)->value;
    out.push_back(values);
  }
  return out;
}

TEST(CanonicalLog, IsHeldAgainstEveryQuotedBank) {
  const Buffer log = cos_log({{Type::image_reference, "r"}, {Type::launch_separator, ""}});
  const auto quoted = quoted_for(log);
  Verdict verdict;
  const auto state = check_canonical_log(log, quoted, verdict);
  EXPECT_EQ(failures(verdict), "pass");
  ASSERT_TRUE(state);
  EXPECT_EQ(state->image_reference, "r");

  const auto failures_of = [](Bytes bytes, const std::vector<PcrValues>& values) {
    Verdict v;
    (void)check_canonical_log(bytes, values, v);
    return failures(v);
  };
  auto twin = quoted;
  twin[0].values[13]->writable()[0] ^= 1;
  EXPECT_EQ(failures_of(log, twin), "cel.pcrs.replayed/sha1");
  twin = quoted;
  twin[1].values[13].reset();
  EXPECT_EQ(failures_of(log, twin), "cel.pcrs.quoted/sha256");
  twin = quoted;
  twin.push_back({HashAlgorithm::sha384, {}});
  twin.back().values[13] = Digest(HashAlgorithm::sha384);
  EXPECT_EQ(failures_of(log, twin), "cel.digests.present/sha384");
  EXPECT_EQ(failures_of(Bytes(log).first(log.size() - 1), quoted), "cel.log.format");
  // A record less is well-formed, but not what was quoted.
  EXPECT_EQ(failures_of(cos_log({{Type::image_reference, "r"}}), quoted),
            "cel.pcrs.replayed/sha1 cel.pcrs.replayed/sha256");
  EXPECT_EQ(failures_of({}, quoted), "cel.log.format");  // absent
}

}  // namespace
}  // namespace assay
