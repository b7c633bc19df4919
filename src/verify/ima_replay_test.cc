// SPDX-License-Identifier: Apache-2.0
#include "verify/ima_replay.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/hex.h"
#include "crypto/hash.h"
#include "formats/recorded.h"
#include "verify/ima_list_writer.h"

namespace assay {
namespace {

constexpr HashAlgorithm kBanks[] = {HashAlgorithm::sha1, HashAlgorithm::sha256,
                                    HashAlgorithm::sha384};
const char* const kBoots[] = {"nosb", "nosblegacy", "sb", "sbfull", "uki", "ukisb"};

/// The PCRs that tpm2_pcrread showed at the end of a recorded boot.
std::vector<PcrValues> recorded_pcrs(const std::string& boot) {
  const Buffer file = boot_file(boot + "/pcrs.bin");
  std::vector<PcrValues> out;
  std::size_t at = 0;
  for (const HashAlgorithm bank : kBanks) {
    out.push_back({bank, {}});
    for (auto& value : out.back().values) {
      value = Digest(bank, Bytes(file).subspan(at, digest_size(bank)));
      at += digest_size(bank);
    }
  }
  return out;
}

TEST(ImaReplay, OfARecordedBootEndsAtItsPcr10InEveryBank) {
  for (const std::string boot : kBoots) {
    for (const auto& [name, format] :
         {std::pair("/ima_binary", ImaFormat::binary), std::pair("/ima_ascii", ImaFormat::ascii)}) {
      SCOPED_TRACE(boot + name);
      const Buffer list = boot_file(boot + name);
      ImaProgress progress(kBanks);
      const ImaMatch match = ima_prefix_match(progress, format, list, recorded_pcrs(boot));
      EXPECT_TRUE(match.matched) << match.why;
      EXPECT_EQ(match.entries, 1U);
      EXPECT_EQ(match.left, 0U);
      EXPECT_EQ(progress.replay.hash_algorithm(), HashAlgorithm::sha1);
      // These kernels had no SHA-384 when they measured: they padded.
      EXPECT_EQ(match.padded, std::vector{HashAlgorithm::sha384});
      ImaProgress rehashed(kBanks, ImaExtension::rehashed);
      EXPECT_FALSE(ima_prefix_match(rehashed, format, list, recorded_pcrs(boot)).matched);
    }
  }
}

TEST(ImaReplay, OfARecordedBootHoldsNoOtherBootsList) {
  const Buffer list = boot_file("sb/ima_binary");
  ImaProgress progress(kBanks);
  const ImaMatch match = ima_prefix_match(progress, ImaFormat::binary, list, recorded_pcrs("nosb"));
  EXPECT_FALSE(match.matched);
  EXPECT_EQ(match.why, "none of the first 1 entries ends at the quoted values");
  EXPECT_EQ(progress.at, ImaPosition{});
}

TEST(ImaReplay, NoByteOfARecordedListCanBeFlipped) {
  const auto quoted = recorded_pcrs("sb");
  for (const auto& [name, format] : {std::pair("sb/ima_binary", ImaFormat::binary),
                                     std::pair("sb/ima_ascii", ImaFormat::ascii)}) {
    const Buffer list = boot_file(name);
    for (std::size_t i = 0; i < list.size(); ++i) {
      Buffer twin = list;
      twin[i] ^= 1;
      ImaProgress progress(kBanks);
      EXPECT_FALSE(ima_prefix_match(progress, format, twin, quoted).matched) << name << " " << i;
    }
  }
}

TEST(BootAggregate, OfARecordedBootIsOfPcr0To9) {
  for (const std::string boot : kBoots) {
    SCOPED_TRACE(boot);
    const Buffer list = boot_file(boot + "/ima_ascii");
    ImaReader reader(ImaFormat::ascii, list);
    ASSERT_TRUE(reader.next());
    auto pcrs = recorded_pcrs(boot);
    EXPECT_EQ(check_boot_aggregate(reader.entry(), pcrs), BootAggregate::pcrs_0_to_9);
    pcrs[1].values[9]->writable()[0] ^= 1;
    EXPECT_EQ(check_boot_aggregate(reader.entry(), pcrs), BootAggregate::mismatch);
    pcrs.erase(pcrs.begin() + 1);
    EXPECT_EQ(check_boot_aggregate(reader.entry(), pcrs), BootAggregate::no_bank);
  }
}

TEST(BootAggregate, OfOlderKernelsIsOfPcr0To7) {
  const auto pcrs = recorded_pcrs("sb");
  Buffer all;
  for (std::size_t i = 0; i < 8; ++i) {
    const Bytes value = pcrs[0].values[i]->bytes();
    all.insert(all.end(), value.begin(), value.end());
  }
  const Digest digest = hash(HashAlgorithm::sha1, all);
  ImaEntry entry;
  entry.path = "boot_aggregate";
  entry.file_algorithm = "sha1";
  entry.file_digest = digest.bytes();
  EXPECT_EQ(check_boot_aggregate(entry, pcrs), BootAggregate::pcrs_0_to_7);
  entry.path = "/boot_aggregate";
  EXPECT_EQ(check_boot_aggregate(entry, pcrs), BootAggregate::absent);
}

// --- lists of our own

const std::vector<ImaLine> kLines = {
    {"boot_aggregate"}, {"/init"}, {"/etc/x", true}, {"/bin/y"}, {"/bin/z"}};

TEST(ImaPrefixMatch, FindsTheEntriesThatAQuoteCovers) {
  const Buffer list = ima_binary_list(kLines);
  for (std::size_t count = 0; count <= kLines.size(); ++count) {
    SCOPED_TRACE(count);
    ImaProgress progress(kBanks);
    const ImaMatch match =
        ima_prefix_match(progress, ImaFormat::binary, list, pcrs_after(kLines, count));
    EXPECT_TRUE(match.matched) << match.why;
    EXPECT_EQ(match.entries, count);
    EXPECT_EQ(match.left,
              list.size() - ima_binary_list({kLines.begin(),
                                             kLines.begin() + static_cast<std::ptrdiff_t>(count)})
                                .size());
  }
}

TEST(ImaPrefixMatch, ContinuesWhereItEnded) {
  const Buffer list = ima_binary_list(kLines);
  ImaProgress progress(kBanks);
  EXPECT_TRUE(ima_prefix_match(progress, ImaFormat::binary, list, pcrs_after(kLines, 2)).matched);
  EXPECT_EQ(progress.at.number, 2U);
  // The same quote again covers the same.
  EXPECT_TRUE(ima_prefix_match(progress, ImaFormat::binary, list, pcrs_after(kLines, 2)).matched);
  EXPECT_EQ(progress.at.number, 2U);
  // What was covered is not read again: it may be gone wrong.
  Buffer damaged = list;
  damaged[0] = 99;
  EXPECT_TRUE(
      ima_prefix_match(progress, ImaFormat::binary, damaged, pcrs_after(kLines, 5)).matched);
  EXPECT_EQ(progress.at.number, 5U);
  // An older quote is behind: there is no way back.
  const ImaMatch back = ima_prefix_match(progress, ImaFormat::binary, list, pcrs_after(kLines, 2));
  EXPECT_FALSE(back.matched);
  EXPECT_EQ(back.entries, 5U);
  EXPECT_EQ(progress.at.number, 5U);
}

TEST(ImaPrefixMatch, IgnoresWhatNoQuoteCoversYet) {
  Buffer list = ima_binary_list(kLines);
  list.pop_back();  // the kernel was writing
  ImaProgress progress(kBanks);
  EXPECT_TRUE(ima_prefix_match(progress, ImaFormat::binary, list, pcrs_after(kLines, 4)).matched);
  const ImaMatch match = ima_prefix_match(progress, ImaFormat::binary, list, pcrs_after(kLines, 5));
  EXPECT_FALSE(match.matched);
  EXPECT_EQ(match.why.substr(0, 28), "ima.entry 4.template_data@0x");
}

TEST(ImaPrefixMatch, RefusesEditedLists) {
  const auto quoted = pcrs_after(kLines, 5);
  const auto match = [&](const std::vector<ImaLine>& lines) {
    ImaProgress progress(kBanks);
    const Buffer list = ima_binary_list(lines);
    return ima_prefix_match(progress, ImaFormat::binary, list, quoted).matched;
  };
  EXPECT_TRUE(match(kLines));
  auto twin = kLines;
  twin.erase(twin.begin() + 3);
  EXPECT_FALSE(match(twin)) << "an entry left out";
  twin = kLines;
  std::swap(twin[3], twin[4]);
  EXPECT_FALSE(match(twin)) << "two entries in the other order";
  twin = kLines;
  twin[2].violation = false;
  EXPECT_FALSE(match(twin)) << "a violation hidden";
  twin = kLines;
  twin[3].violation = true;
  EXPECT_FALSE(match(twin)) << "an entry passed off as a violation";
  twin = kLines;
  twin[3].pcr = 11;
  EXPECT_FALSE(match(twin)) << "an entry moved to another PCR";
}

TEST(ImaPrefixMatch, HoldsEveryPcrOfTheList) {
  auto lines = kLines;
  lines[4].pcr = 11;
  const Buffer list = ima_binary_list(lines);
  auto quoted = pcrs_after(lines, 5);
  // Up to the fourth entry PCR 10 alone was used, and that is where it ends.
  ImaProgress progress(kBanks);
  EXPECT_EQ(ima_prefix_match(progress, ImaFormat::binary, list, quoted).entries, 4U);
  lines.push_back({"/bin/last"});
  const Buffer longer = ima_binary_list(lines);
  quoted = pcrs_after(lines, 6);
  EXPECT_TRUE(ima_prefix_match(progress, ImaFormat::binary, longer, quoted).matched);
  ImaProgress again(kBanks);
  quoted[0].values[11].reset();
  EXPECT_FALSE(ima_prefix_match(again, ImaFormat::binary, longer, quoted).matched);
}

TEST(ImaPrefixMatch, IsToldWhichPcrsTheRestOfAListUses) {
  auto lines = kLines;
  lines[4].pcr = 11;
  ImaProgress progress(kBanks);
  progress.replay.compare_also(PcrMask{1} << 11);
  const ImaMatch match =
      ima_prefix_match(progress, ImaFormat::binary, ima_binary_list(lines), pcrs_after(lines, 5));
  EXPECT_TRUE(match.matched);
  EXPECT_EQ(match.entries, 5U);
}

TEST(ImaPrefixMatch, HoldsPcr10WhateverAListUses) {
  // Files were measured into PCR 10, and whoever sends the list shows others in PCR 14 alone.
  auto quoted = pcrs_after(kLines, 5);
  std::vector<ImaLine> shown = kLines;
  for (ImaLine& line : shown) line.pcr = 14;
  const auto extended = pcrs_after(shown, 5);
  for (std::size_t i = 0; i < quoted.size(); ++i) quoted[i].values[14] = extended[i].values[14];
  ImaProgress progress(kBanks);
  EXPECT_FALSE(
      ima_prefix_match(progress, ImaFormat::binary, ima_binary_list(shown), quoted).matched);
  for (PcrValues& values : quoted) values.values[kImaPcr].reset();
  ImaProgress unquoted(kBanks);
  EXPECT_FALSE(
      ima_prefix_match(unquoted, ImaFormat::binary, ima_binary_list(shown), quoted).matched);
  EXPECT_TRUE(
      ima_prefix_match(progress, ImaFormat::binary, ima_binary_list(shown), extended).matched);
}

TEST(ImaPrefixMatch, HoldsAnEmptyBeginningToPcr10OfEveryBank) {
  const Buffer list = ima_binary_list(kLines);
  for (std::size_t bank = 0; bank < std::size(kBanks); ++bank) {
    auto quoted = pcrs_after(kLines, 0);
    quoted[bank] = pcrs_after(kLines, 1)[bank];
    for (const Buffer& sent : {list, Buffer()}) {
      ImaProgress progress(kBanks);
      EXPECT_FALSE(ima_prefix_match(progress, ImaFormat::binary, sent, quoted).matched);
    }
  }
  ImaProgress progress(kBanks);
  EXPECT_TRUE(
      ima_prefix_match(progress, ImaFormat::binary, Buffer(), pcrs_after(kLines, 0)).matched);
}

TEST(ImaPrefixMatch, TellsTheEntryThatWasEdited) {
  Buffer list = ima_binary_list(kLines);
  list[4] ^= 1;  // its template hash
  ImaProgress progress(kBanks);
  const ImaMatch match = ima_prefix_match(progress, ImaFormat::binary, list, pcrs_after(kLines, 5));
  EXPECT_FALSE(match.matched);
  EXPECT_EQ(match.edited, 0U);
}

TEST(ImaReplay, FollowsKernelsThatPaddedSha1) {
  const Buffer list = ima_binary_list(kLines);
  const auto quoted = pcrs_after(kLines, 5, ImaKernel::older);
  for (const ImaExtension way : {ImaExtension::padded_sha1, ImaExtension::either}) {
    ImaProgress progress(kBanks, way);
    const ImaMatch match = ima_prefix_match(progress, ImaFormat::binary, list, quoted);
    EXPECT_TRUE(match.matched);
    EXPECT_EQ(match.padded, (std::vector{HashAlgorithm::sha256, HashAlgorithm::sha384}));
  }
  ImaProgress rehashed(kBanks, ImaExtension::rehashed);
  EXPECT_FALSE(ima_prefix_match(rehashed, ImaFormat::binary, list, quoted).matched);
}

TEST(ImaPrefixMatch, HoldsABankToTheWayThatAQuoteTold) {
  const Buffer list = ima_binary_list(kLines);
  ImaProgress progress(kBanks);
  const ImaMatch first = ima_prefix_match(progress, ImaFormat::binary, list, pcrs_after(kLines, 2));
  EXPECT_TRUE(first.matched);
  EXPECT_TRUE(first.padded.empty());
  auto mixed = pcrs_after(kLines, 5);
  mixed[1] = pcrs_after(kLines, 5, ImaKernel::older)[1];
  EXPECT_FALSE(ima_prefix_match(progress, ImaFormat::binary, list, mixed).matched);
}

TEST(ImaReplay, TellsAnEditedTemplateHash) {
  struct Case {
    std::string file;
    std::optional<HashAlgorithm> algorithm;
    bool honest;
  };
  const Case kCases[] = {
      {"sha1", HashAlgorithm::sha1, true},       {"sha256", HashAlgorithm::sha1, true},
      {"sha384", HashAlgorithm::sha1, true},     {"sha512", HashAlgorithm::sha1, true},
      {"sm3_256", HashAlgorithm::sm3_256, true}, {"unknown", std::nullopt, false},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.file);
    const auto list = corpus_file("eventlogs/ima/ima-log-" + c.file);
    if (!list) GTEST_SKIP() << "no corpus";
    ImaReader reader(ImaFormat::ascii, *list);
    ImaReplay replay(kBanks);
    bool honest = true;
    while (reader.next()) honest &= replay.extend(reader.entry());
    EXPECT_FALSE(reader.error());
    EXPECT_EQ(honest, c.honest);
    EXPECT_EQ(replay.hash_algorithm(), c.algorithm);
  }
}

}  // namespace
}  // namespace assay
