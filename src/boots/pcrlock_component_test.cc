// SPDX-License-Identifier: Apache-2.0
#include "boots/pcrlock_component.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "boots/testing.h"
#include "crypto/hash.h"

namespace assay {
namespace {

using testing::ElementsAre;
using testing::IsSupersetOf;

std::vector<std::string> names_of(const std::vector<PcrlockComponent>& components) {
  std::vector<std::string> out;
  for (const PcrlockComponent& c : components) out.push_back(c.name);
  return out;
}

/// The PCRs that components lead to, in one bank.
std::array<Digest, kPcrCount> replay_components(const std::vector<PcrlockComponent>& components,
                                                HashAlgorithm bank) {
  auto out = ReplayedLog::Bank(bank).pcrs;
  for (const PcrlockComponent& component : components) {
    // As systemd reads it: from its file.
    const auto records = parse_pcrlock(encode_pcrlock(component.records));
    EXPECT_TRUE(records) << component.name;
    for (const PcrlockRecord& record : *records)
      for (const Digest& digest : record.digests) {
        if (digest.algorithm() != bank) continue;
        Buffer both = to_buffer(out[record.pcr].bytes());
        const Bytes more = digest.bytes();
        both.insert(both.end(), more.begin(), more.end());
        out[record.pcr] = hash(bank, both);
      }
  }
  return out;
}

TEST(PcrlockComponents, LeadToTheRegistersOfTheBootInEveryBank) {
  for (const char* name : {"nosb", "sb", "sbfull", "uki", "ukisb", "cos-85"}) {
    SCOPED_TRACE(name);
    auto bytes = recorded_log(name);
    if (!bytes) {
      std::cerr << "skipped without the corpus: " << name << "\n";
      continue;
    }
    const Boot boot(std::move(*bytes));
    const auto components = pcrlock_components(boot.replayed());
    ASSERT_TRUE(components) << to_string(components.error());
    for (const ReplayedLog::Bank& bank : boot.replayed().banks)
      EXPECT_EQ(replay_components(*components, bank.algorithm), bank.pcrs);
  }
}

TEST(PcrlockComponents, HaveTheNamesThatSystemdHas) {
  const auto of = [](const char* boot) {
    return names_of(*pcrlock_components(Boot(*recorded_log(boot)).replayed()));
  };
  EXPECT_THAT(
      of("sb"),
      ElementsAre("240-secureboot-policy", "250-firmware-code-early", "250-firmware-config-early",
                  "350-action-efi-application", "400-secureboot-separator", "500-separator",
                  "600-gpt", "620-secureboot-authority", "630-shim", "635-boot-loader",
                  "640-boot-loader-config", "645-machine-owner-keys", "650-kernel",
                  "700-action-efi-exit-boot-services", "710-kernel-cmdline", "720-kernel-initrd"));
  EXPECT_THAT(of("uki"), IsSupersetOf({"650-kernel", "720-kernel-initrd"}));
}

TEST(PcrlockComponents, AreOneFileForWhatIsUpdatedTogether) {
  const Boot sb(*recorded_log("sb")), full(*recorded_log("sbfull"));
  const auto before = *pcrlock_components(sb.replayed()),
             after = *pcrlock_components(full.replayed());
  ASSERT_EQ(names_of(before), names_of(after));
  std::vector<std::string> changed;
  for (std::size_t i = 0; i < before.size(); ++i)
    if (before[i].records != after[i].records) changed.push_back(before[i].name);
  EXPECT_THAT(changed, ElementsAre("640-boot-loader-config", "650-kernel", "710-kernel-cmdline"));
}

TEST(PcrlockComponents, AreNotMadeOfOtherRegistersThanPcrs) {
  auto bytes = corpus_file("eventlogs/ccel/cos-113-intel-tdx.bin");
  if (!bytes) GTEST_SKIP() << "no corpus: set ASSAY_CORPUS";
  const EventLogReading reading = read_event_log(*bytes);
  const ReplayedLog replayed = replay(reading.log, reading.log.algorithms);
  const auto components = pcrlock_components(replayed);
  ASSERT_FALSE(components);
  EXPECT_EQ(to_string(components.error()),
            "pcrlock: a log of CC registers: systemd-pcrlock knows the PCRs of a TPM");
}

}  // namespace
}  // namespace assay
