// SPDX-License-Identifier: Apache-2.0
#include "verify/ima_list.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <functional>
#include <string>
#include <vector>

#include "verify/ima_list_writer.h"
#include "verify/recorded_attestation.h"

namespace assay {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

VtpmOutcome judge(const std::string& boot, Bytes list) {
  static const Trust kNobody;
  const TrustedKey key = parse_trusted_key("key", boot_file(boot + "/akecc.pem")).value();
  return authenticate_vtpm(recorded_boot(boot, "ecc"), {.trust = kNobody,
                                                        .nonce = kBootNonce,
                                                        .now = in_2023(),
                                                        .keys = {&key, 1},
                                                        .ima_list = list});
}

std::string got(const Verdict& verdict, std::string_view id) {
  for (const Check& c : verdict.checks())
    if (c.id == id) return c.got;
  return "not asked";
}

TEST(ImaList, OfEachRecordedBootStandsUnderItsQuotes) {
  for (const char* boot : {"nosb", "sb", "sbfull", "uki", "ukisb"}) {
    for (const char* spelling : {"binary", "ascii"}) {
      SCOPED_TRACE(fmt::format("{} {}", boot, spelling));
      const VtpmOutcome outcome = judge(boot, boot_file(fmt::format("{}/ima_{}", boot, spelling)));
      EXPECT_THAT(refusals(outcome.verdict), IsEmpty());
      ASSERT_TRUE(outcome.claims.has_value());
      EXPECT_EQ(json::serialize(to_json(**outcome.claims).at("ima")),
                R"({"entries":1,"behind":0,"violations":0,"banks":["sha256","sha1"],)"
                R"("padded":["sha384"],"boot_aggregate":"PCR 0 to 9"})");
      EXPECT_EQ(got(outcome.verdict, "ima.pcrs.replayed"), "1 of 1 entry");
      EXPECT_EQ(got(outcome.verdict, "ima.pcrs.strength"), "sha256, sha1; padded SHA-1 in sha384");
    }
  }
}

TEST(ImaList, AccountsForItsRegister) {
  static const Trust kNobody;
  const TrustedKey key = parse_trusted_key("key", boot_file("sb/akecc.pem")).value();
  const VtpmOutcome without = authenticate_vtpm(
      recorded_boot("sb", "ecc"),
      {.trust = kNobody, .nonce = kBootNonce, .now = in_2023(), .keys = {&key, 1}});
  ASSERT_TRUE(without.claims.has_value());
  EXPECT_FALSE((**without.claims).ima.has_value());
  EXPECT_THAT(got(without.verdict, "eventlog.pcrs.explained/sha256"),
              testing::StartsWith("PCR 10: extended by the running system"));
  const VtpmOutcome with = judge("sb", boot_file("sb/ima_binary"));
  EXPECT_EQ(got(with.verdict, "eventlog.pcrs.explained/sha256"), "all have events or none");
}

TEST(ImaList, MayHaveGrownBehindTheQuote) {
  Buffer list = boot_file("sb/ima_binary");
  const Buffer more = ima_binary_list({{"/init"}, {"/bin/sh", true}});
  list.insert(list.end(), more.begin(), more.end());
  const VtpmOutcome outcome = judge("sb", list);
  EXPECT_THAT(refusals(outcome.verdict), IsEmpty());
  ASSERT_TRUE(outcome.claims.has_value());
  const std::optional<ImaState>& claimed = (**outcome.claims).ima;
  ASSERT_TRUE(claimed.has_value());
  const ImaState& ima = *claimed;
  EXPECT_EQ(ima.entries, 1U);
  EXPECT_EQ(ima.behind, 2U);
  EXPECT_EQ(ima.violations, 0U);
  EXPECT_EQ(describe(ima),
            "1 entry covered, 2 behind the quote (sha256, sha1; padded SHA-1 in sha384)");
}

TEST(ImaList, RefusesEachTwinOfARecordedOne) {
  struct Case {
    std::string name;
    std::function<void(Buffer&)> change;
    std::string check;
  };
  const Case cases[] = {
      {"another boot's", [](Buffer& l) { l = boot_file("nosb/ima_binary"); }, "ima.pcrs.replayed"},
      {"a list that the quote leads", [](Buffer& l) { l.clear(); }, "ima.pcrs.replayed"},
      {"one that is cut", [](Buffer& l) { l.pop_back(); }, "ima.list.format"},
      {"one with half an entry behind it", [](Buffer& l) { l.insert(l.end(), {10, 0, 0}); },
       "ima.list.format"},
      {"an edited file digest", [](Buffer& l) { l[60] ^= 1; }, "ima.hashes.measured"},
      {"an edited template hash", [](Buffer& l) { l[4] ^= 1; }, "ima.hashes.measured"},
      {"an entry moved to another register", [](Buffer& l) { l[0] = 14; }, "ima.pcrs.replayed"},
      {"an entry passed off as a violation", [](Buffer& l) { std::fill_n(&l[4], 20, 0); },
       "ima.pcrs.replayed"},
      {"an entry before it",
       [](Buffer& l) {
         const Buffer first = ima_binary_list({{"/init"}});
         l.insert(l.begin(), first.begin(), first.end());
       },
       "ima.pcrs.replayed"},
      {"an entry of a register that something else extended, behind it",
       [](Buffer& l) {
         const Buffer last = ima_binary_list({{"/init", false, 7}});
         l.insert(l.end(), last.begin(), last.end());
       },
       "ima.pcrs.replayed"},
      {"a log of another kind", [](Buffer& l) { l = boot_file("sb/binary_bios_measurements"); },
       "ima.list.format"},
      {"no log at all", [](Buffer& l) { l = to_buffer(as_bytes("hello")); }, "ima.list.format"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    Buffer list = boot_file("sb/ima_binary");
    c.change(list);
    const VtpmOutcome outcome = judge("sb", list);
    EXPECT_FALSE(outcome.claims.has_value());
    EXPECT_THAT(failures(outcome.verdict), Contains(c.check));
  }
}

// --- beside values that no TPM signed here: what quotes can hold

/// Five files, the first of them the boot_aggregate of registers that are zero in every bank.
std::vector<ImaLine> lines() {
  const Digest aggregate = hash(HashAlgorithm::sha256, Buffer(10 * 32));
  return {{"boot_aggregate", false, 10, to_text(aggregate.bytes())},
          {"/init"},
          {"/etc/x", true},
          {"/bin/y"},
          {"/bin/z"}};
}

struct Judged {
  std::optional<ImaState> state;
  Verdict verdict;
};

Judged judge(const std::vector<ImaLine>& list, const std::vector<PcrValues>& quoted,
             Sha1 sha1 = Sha1::refused) {
  Judged out;
  out.state = check_ima_list(ima_binary_list(list), quoted, sha1, out.verdict);
  return out;
}

TEST(ImaList, IsCoveredAsFarAsTheQuoteGoes) {
  for (std::size_t count = 0; count <= 5; ++count) {
    SCOPED_TRACE(count);
    const Judged judged = judge(lines(), pcrs_after(lines(), count));
    EXPECT_THAT(refusals(judged.verdict), IsEmpty());
    ASSERT_TRUE(judged.state.has_value());
    EXPECT_EQ(judged.state->entries, count);
    EXPECT_EQ(judged.state->behind, 5 - count);
    EXPECT_EQ(judged.state->violations, count >= 3 ? 1U : 0U);
    EXPECT_EQ(judged.state->boot_aggregate,
              count > 0 ? BootAggregate::pcrs_0_to_9 : BootAggregate::absent);
    EXPECT_THAT(judged.state->banks,
                ElementsAre(HashAlgorithm::sha384, HashAlgorithm::sha256, HashAlgorithm::sha1));
    EXPECT_THAT(judged.state->padded, IsEmpty());
  }
}

TEST(ImaList, WithoutEntriesIsOfAMachineThatMeasuredNothing) {
  const Judged judged = judge({}, pcrs_after({}, 0));
  EXPECT_THAT(refusals(judged.verdict), IsEmpty());
  ASSERT_TRUE(judged.state.has_value());
  EXPECT_EQ(judged.state->entries, 0U);
  EXPECT_THAT(failures(judge({}, pcrs_after(lines(), 1)).verdict),
              ElementsAre("ima.pcrs.replayed"));
}

TEST(ImaList, NeedsEveryRegisterOfItsOwnAndPcr10InEachQuote) {
  auto quoted = pcrs_after(lines(), 5);
  quoted[1].values[10].reset();
  EXPECT_THAT(failures(judge(lines(), quoted).verdict),
              ElementsAre("ima.pcrs.quoted/sha256", "ima.pcrs.replayed"));
  auto elsewhere = lines();
  for (ImaLine& line : elsewhere) line.pcr = 14;
  quoted = pcrs_after(elsewhere, 5);
  EXPECT_THAT(refusals(judge(elsewhere, quoted).verdict), IsEmpty());
  quoted[2].values[14].reset();
  EXPECT_THAT(failures(judge(elsewhere, quoted).verdict),
              ElementsAre("ima.pcrs.quoted/sha384", "ima.pcrs.replayed"));
}

TEST(ImaList, MustEndInEveryBankAtTheSameEntry) {
  for (std::size_t bank = 0; bank < 3; ++bank) {
    auto quoted = pcrs_after(lines(), 4);
    quoted[bank] = pcrs_after(lines(), 3)[bank];
    EXPECT_THAT(failures(judge(lines(), quoted).verdict), ElementsAre("ima.pcrs.replayed"));
  }
}

TEST(ImaList, OfAKernelThatPadsIsNoBetterThanSha1) {
  const auto quoted = pcrs_after(lines(), 5, ImaKernel::older);
  EXPECT_THAT(refusals(judge(lines(), quoted).verdict), ElementsAre("ima.pcrs.strength"));
  const Judged allowed = judge(lines(), quoted, Sha1::allowed);
  EXPECT_THAT(refusals(allowed.verdict), IsEmpty());
  ASSERT_TRUE(allowed.state.has_value());
  EXPECT_THAT(allowed.state->padded, ElementsAre(HashAlgorithm::sha384, HashAlgorithm::sha256));
  // One bank that is not padded is enough: all end at one entry.
  auto mixed = quoted;
  mixed[1] = pcrs_after(lines(), 5)[1];
  EXPECT_THAT(refusals(judge(lines(), mixed).verdict), IsEmpty());
}

TEST(ImaList, OfAnotherBootIsTold) {
  auto of_another = lines();
  of_another[0].file_digest = std::string(32, 'x');
  EXPECT_THAT(failures(judge(of_another, pcrs_after(of_another, 5)).verdict),
              ElementsAre("ima.boot.aggregate"));
  auto without = lines();
  without.erase(without.begin());
  EXPECT_THAT(failures(judge(without, pcrs_after(without, 4)).verdict),
              ElementsAre("ima.boot.aggregate"));
}

TEST(ImaList, IsNotAskedWithoutAQuote) {
  Verdict verdict;
  EXPECT_FALSE(check_ima_list(ima_binary_list(lines()), {}, Sha1::refused, verdict).has_value());
  EXPECT_EQ(verdict.checks().size(), 6U);
  EXPECT_FALSE(verdict.accepted());
}

}  // namespace
}  // namespace assay
