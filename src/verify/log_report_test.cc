// SPDX-License-Identifier: Apache-2.0
#include "verify/log_report.h"

#include <gtest/gtest.h>

#include "base/hex.h"
#include "formats/cos.h"
#include "formats/recorded.h"
#include "verify/cel_log_writer.h"
#include "verify/cel_replay.h"
#include "verify/systemd_state.h"

namespace assay {
namespace {

std::string failures(const Verdict& verdict) {
  std::string out;
  for (const Check& c : verdict.checks())
    if (c.verdict != CheckVerdict::pass) out.append(out.empty() ? "" : " ").append(c.id.view());
  return out.empty() ? "pass" : out;
}

TEST(LogReport, TellsALogOfConfidentialSpace) {
  const auto log = corpus_file("eventlogs/cel/go-tpm-tools-agent-cel.bin");
  if (!log) GTEST_SKIP() << "no corpus";
  const LogStory story = show_log(LogKind::cel_tlv, *log);
  EXPECT_EQ(failures(story.verdict), "pass");
  ASSERT_EQ(story.events.size(), 18U);
  EXPECT_EQ(json::serialize(story.events[16]),
            R"({"number":16,"offset":3393,"register":4,"register_kind":"cc_mr",)"
            R"("type":"cos.gpu_cc_mode","digests":{"sha384":)"
            R"("76cffc499eae6c8e14709b34fbf26c766ea15c33fa8c79a8d2f8e1e6c551)"
            R"(183536bcf504620b3e97bf05cfc00e688028"},"trust":"whole","text":"ON"})");
  EXPECT_EQ(story.state.at("cos").at("gpu_cc_mode").as_string(), "ON");
  const LogReplay replay = replay_log(LogKind::cel_tlv, *log);
  EXPECT_EQ(replay.events, 18U);
  EXPECT_EQ(
      json::serialize(replay.banks),
      R"({"sha384":{"4":"2261f93374ed538b35e7e93c540a1562ccb25d14f6c40a1efea03d329e29a97172d84e15)"
      R"(2344af4a7188d0c8b9fcabeb"}})");
}

TEST(LogReport, TellsNoStateOfALogThatIsEdited) {
  Buffer log = cos_log(
      {{CosEventType::image_reference, "r"}, {CosEventType::argument, "a", 13, Forge::one_bank}});
  LogStory story = show_log(LogKind::cel_tlv, log);
  EXPECT_EQ(failures(story.verdict), "cel.cos.measured");
  EXPECT_TRUE(story.state.at("cos").is_null());
  EXPECT_EQ(story.events[0].at("trust").as_string(), "whole");
  EXPECT_EQ(story.events[1].at("trust").as_string(), "mismatch");

  log = cos_log({{CosEventType::image_reference, "r"}, {CosEventType::argument, "a"}});
  log.pop_back();
  story = show_log(LogKind::cel_tlv, log);
  EXPECT_EQ(failures(story.verdict), "cel.log.format");
  EXPECT_EQ(story.events.size(), 1U);
  EXPECT_TRUE(story.state.at("cos").is_null());
  EXPECT_EQ(failures(replay_log(LogKind::cel_tlv, log).verdict), "cel.log.format");
}

TEST(LogReport, ReplaysOnlyBanksThatARegisterHasThroughout) {
  const Digest a = hash(HashAlgorithm::sha1, as_bytes("ready"));
  const Digest b = hash(HashAlgorithm::sha256, as_bytes("ready"));
  const auto record = [](int number, int pcr, const std::string& digests) {
    return "{\"recnum\":" + std::to_string(number) + ",\"pcr\":" + std::to_string(pcr) +
           ",\"digests\":[" + digests +
           "],\"content_type\":\"systemd\",\"content\":{\"string\":\"ready\"}}";
  };
  const auto digest = [](const Digest& d) {
    return "{\"hashAlg\":\"" + std::string(name_of(d.algorithm())) + "\",\"digest\":\"" +
           hex(d.bytes()) + "\"}";
  };
  const std::string text =
      "[" + record(0, 11, digest(a) + "," + digest(b)) + "," + record(1, 12, digest(b)) + "]";
  const LogReplay replay = replay_log(LogKind::cel_json, as_bytes(text));
  EXPECT_TRUE(replay.verdict.accepted());
  const auto& banks = replay.banks;
  EXPECT_EQ(banks.at("sha1").as_object().size(), 1U);
  EXPECT_TRUE(banks.at("sha1").as_object().contains("11"));
  EXPECT_EQ(banks.at("sha256").as_object().size(), 2U);
}

TEST(LogReport, TellsARecordedImaList) {
  for (const auto& [name, kind] : {std::pair("sb/ima_binary", LogKind::ima_binary),
                                   std::pair("sb/ima_ascii", LogKind::ima_ascii)}) {
    SCOPED_TRACE(name);
    const Buffer list = boot_file(name);
    const LogStory story = show_log(kind, list);
    EXPECT_EQ(failures(story.verdict), "pass");
    EXPECT_EQ(json::serialize(story.events),
              R"([{"number":0,"offset":0,"register":10,"type":"ima-sig","digests":{"sha1":)"
              R"("c167309f28bb545c11dbd6c2cab9f3a3f533f6ed"},"trust":"whole","violation":false,)"
              R"("path":"boot_aggregate","file_digest":)"
              R"("sha256:3a21bb3be7f761883a823a6529d1ff7762c7055a45b355fb16021c99df6acf8a"}])");
    EXPECT_EQ(json::serialize(story.state),
              R"({"ima":{"entries":1,"violations":0,"signed":0,"templates":{"ima-sig":1},)"
              R"("template_hash":"sha1","boot_aggregate":)"
              R"("sha256:3a21bb3be7f761883a823a6529d1ff7762c7055a45b355fb16021c99df6acf8a"}})");
    // tests/boots/sb/pcrs.yaml, PCR 10
    const LogReplay replay = replay_log(kind, list);
    EXPECT_EQ(replay.events, 1U);
    EXPECT_EQ(replay.banks.at("sha1").at("10").as_string(),
              "4512d06a14bce390faf1c5f8cd8eb4b312d22e62");
    EXPECT_EQ(replay.banks.at("sha256").at("10").as_string(),
              "b195f7d23c11766d5ff6343464a2471ffdf6fdfca8de1a33a7fff8466a0e0311");
  }
}

TEST(LogReport, RefusesAnImaListWithAnEditedHash) {
  Buffer list = boot_file("sb/ima_ascii");
  list[3] ^= 1;
  const LogStory story = show_log(LogKind::ima_ascii, list);
  EXPECT_EQ(failures(story.verdict), "ima.hashes.measured");
  EXPECT_TRUE(story.state.at("ima").is_null());
  EXPECT_EQ(story.events[0].at("trust").as_string(), "mismatch");
  EXPECT_EQ(failures(replay_log(LogKind::ima_ascii, list).verdict), "ima.hashes.measured");
}

// --- systemd

std::string word(int pcr, std::string_view type, std::string_view text, std::string_view measured) {
  return "\x1e{\"pcr\":" + std::to_string(pcr) +
         ",\"digests\":[{\"hashAlg\":\"sha256\",\"digest\":\"" + sha256_hex(as_bytes(measured)) +
         "\"}],\"content_type\":\"systemd\",\"content\":{\"eventType\":\"" + std::string(type) +
         "\",\"string\":\"" + std::string(text) + "\"}}\n";
}

TEST(LogReport, TellsSystemdsLog) {
  // PCR 11 after these words: the known SHA-256 of each, extended from zero.
  const std::string log = word(11, "phase", "enter-initrd", "enter-initrd") +
                          word(11, "phase", "leave-initrd", "leave-initrd") +
                          word(15, "machine-id", "machine-id:00", "machine-id:00") +
                          word(15, "volume-key", "cryptsetup:root", "secret") +
                          word(9, "nvpcr-init", "nvpcr-init:x", "nvpcr-init:x");
  const LogStory story = show_log(LogKind::systemd, as_bytes(log));
  EXPECT_EQ(failures(story.verdict), "pass");
  EXPECT_EQ(json::serialize(story.state),
            R"({"systemd":{"phases":["enter-initrd","leave-initrd"],"identity":["machine-id:00"],)"
            R"("others":[{"register":"PCR 9","text":"nvpcr-init:x"}],"secret":1}})");
  EXPECT_EQ(story.events[3].at("trust").as_string(), "elsewhere");
  const LogReplay replay = replay_log(LogKind::systemd, as_bytes(log));
  Digest pcr11(HashAlgorithm::sha256);
  extend(pcr11, Digest(HashAlgorithm::sha256,
                       parse_hex("enter-initrd",
                                 "51e6b92f405d1f98d96e3de343d61d420ad6923b25de21d766f9298192f14fed")
                           .value()));
  extend(pcr11, Digest(HashAlgorithm::sha256,
                       parse_hex("leave-initrd",
                                 "3be261aff7db92bf507eae947f4003ffa2bcad0bffe3524601d62d0bc8be7135")
                           .value()));
  EXPECT_EQ(replay.banks.at("sha256").at("11").as_string(), hex(pcr11.bytes()));
}

/// PCR 11 holds the unified kernel image's sections before systemd's first word.
TEST(CelReplay, GoesOnFromTheFirmwaresLog) {
  const std::string log = word(11, "phase", "enter-initrd", "enter-initrd") +
                          word(15, "machine-id", "machine-id:00", "machine-id:00");
  const CelLog parsed = parse_cel(CelEncoding::systemd, as_bytes(log)).value();
  PcrValues start{HashAlgorithm::sha256, {}};
  start.values[11] = hash(HashAlgorithm::sha256, as_bytes("sections"));
  const CelReplay replayed = replay_from(parsed, std::span(&start, 1));
  Digest pcr11 = *start.values[11], pcr15(HashAlgorithm::sha256);
  extend(pcr11, hash(HashAlgorithm::sha256, as_bytes("enter-initrd")));
  extend(pcr15, hash(HashAlgorithm::sha256, as_bytes("machine-id:00")));
  EXPECT_EQ(replayed.banks[0].find({CelRegister::Kind::pcr, 11})->value, pcr11);
  EXPECT_EQ(replayed.banks[0].find({CelRegister::Kind::pcr, 15})->value, pcr15);
  EXPECT_EQ(replayed.banks[0].find({CelRegister::Kind::pcr, 9}), nullptr);
}

TEST(LogReport, TellsNoWordThatWasNotMeasured) {
  const std::string kCases[] = {
      word(11, "phase", "ready", "sysinit"),
      word(11, "volume-key", "ready", "sysinit"),  // nothing in PCR 11 is secret
      word(15, "machine-id", "machine-id:00", "machine-id:11"),
  };
  for (const std::string& log : kCases) {
    SCOPED_TRACE(log);
    const LogStory story = show_log(LogKind::systemd, as_bytes(log));
    EXPECT_EQ(failures(story.verdict), "systemd.words.measured");
    EXPECT_TRUE(story.state.at("systemd").is_null());
  }
}

}  // namespace
}  // namespace assay
