// SPDX-License-Identifier: Apache-2.0
#include "verify/check.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>

namespace assay {
namespace {

TEST(Verdict, AcceptsOnlyIfSomethingPassedAndNothingIsOpen) {
  EXPECT_FALSE(Verdict().accepted()) << "silence is no consent";

  Verdict absent;
  absent.absent("ak.public.format", "no ak_pub");
  EXPECT_FALSE(absent.accepted()) << "nothing passed";

  Verdict good = absent;
  EXPECT_TRUE(good.require("tpm.quotes.present", true, "a", "b"));
  EXPECT_TRUE(good.accepted());
  EXPECT_EQ(good.first_failure(), nullptr);

  Verdict open = good;
  open.not_checked("tpm.quotes.boot", "no quote");
  EXPECT_FALSE(open.accepted());
  EXPECT_EQ(open.first_failure()->id, "tpm.quotes.boot");

  Verdict failed = open;
  EXPECT_FALSE(failed.require("tpm.quote.nonce/sha256", false, "01", "02", "attest again"));
  EXPECT_FALSE(failed.accepted());
  EXPECT_EQ(failed.first_failure()->id, "tpm.quote.nonce/sha256") << "what failed comes first";

  Verdict sum = good;
  sum.append(failed);
  EXPECT_FALSE(sum.accepted());
  EXPECT_EQ(sum.checks().size(), good.checks().size() + failed.checks().size());
}

TEST(Verdict, RecordsTheRestOfASeriesAsNotAsked) {
  static constexpr const char* kSeries[] = {"tpm.quotes.present", "tpm.quotes.signer",
                                            "tpm.quotes.boot"};
  Verdict verdict;
  verdict.not_checked_from(kSeries, "tpm.quotes.signer", "no quote");
  ASSERT_EQ(verdict.checks().size(), 2U);
  EXPECT_EQ(verdict.checks()[0].id, "tpm.quotes.signer");
  EXPECT_EQ(verdict.checks()[1].id, "tpm.quotes.boot");
  EXPECT_EQ(verdict.checks()[1].verdict, CheckVerdict::not_checked);
  EXPECT_EQ(verdict.checks()[1].got, "no quote");
  EXPECT_DEATH(verdict.not_checked_from(kSeries, "tpm.quote.nonce", ""), "ids.end");
}

TEST(Verdict, KeepsAHintForFailuresAlone) {
  Verdict verdict;
  verdict.require("tpm.quotes.present", true, "a", "b", "c");
  verdict.require("tpm.quotes.present", false, "a", "b", "c");
  EXPECT_EQ(verdict.checks()[0].hint, "");
  EXPECT_EQ(verdict.checks()[1].hint, "c");
}

TEST(Verdict, ShowsEvidenceAsPrintableAscii) {
  Verdict verdict;
  verdict.require("tpm.quotes.present", false, "a", std::string("\x1b[2J\xff\n"), "c");
  EXPECT_EQ(verdict.checks()[0].got, "\\x1b[2J\\xff\\x0a");
}

TEST(Verdict, CutsATextThatIsTooLongToRead) {
  Verdict verdict;
  verdict.require("tpm.quotes.present", false, std::string(4096, 'e'), std::string(4097, 'g'));
  EXPECT_EQ(verdict.checks()[0].expected, std::string(4096, 'e'));
  EXPECT_EQ(verdict.checks()[0].got, std::string(4096, 'g') + "...");
  // Escapes are longer than what they stand for, but no more than four times.
  verdict.require("tpm.quotes.present", false, std::string(8 << 20, '\0'), "");
  EXPECT_EQ(verdict.checks()[1].expected.view().size(), 4 * 4096U + 3);
}

TEST(VerdictDeathTest, AbortsOnAnIdThatIsNotListed) {
  Verdict verdict;
  EXPECT_DEATH(verdict.require("tpm.quote.invented", true, "", ""), "listed");
  EXPECT_DEATH(verdict.absent("tpm.quote", ""), "listed");
  EXPECT_DEATH(verdict.not_checked("", ""), "listed");
}

TEST(ChecksJson, HasAHintOnlyWhereThereIsOne) {
  Verdict verdict;
  verdict.require("tpm.quotes.present", true, "one", "two");
  verdict.not_checked("tpm.quotes.boot", "no quote", "send one");
  EXPECT_EQ(json::serialize(to_json(verdict.checks())),
            R"([{"id":"tpm.quotes.present","verdict":"pass","expected":"one","got":"two"},)"
            R"({"id":"tpm.quotes.boot","verdict":"not_checked","expected":"","got":"no quote",)"
            R"("hint":"send one"}])");
}

TEST(AllChecks, HaveAnIdOfThreePartsOnce) {
  std::set<std::string_view> seen;
  for (const CheckDescription& c : all_checks()) {
    EXPECT_TRUE(seen.insert(c.id).second) << c.id << " is listed twice";
    EXPECT_THAT(std::string(c.id), testing::MatchesRegex("[a-z_]+(\\.[a-z_]+)+"));
    EXPECT_EQ(c.id.find('/'), std::string_view::npos);
    EXPECT_TRUE(c.asks.ends_with('?') || c.asks.ends_with("?)")) << c.id;
    EXPECT_FALSE(c.source.empty()) << c.id;
  }
}

constexpr std::string_view kBegin = "<!-- all checks: generated, see check_test.cc -->\n";
constexpr std::string_view kEnd = "<!-- end of all checks -->\n";
constexpr const char* kDocument = ASSAY_SOURCE_DIR "/docs/checks.md";

std::string table_of_checks() {
  std::string out = "| id | asks | source |\n|---|---|---|\n";
  for (const CheckDescription& c : all_checks())
    out += fmt::format("| `{}` | {} | {} |\n", c.id, c.asks, c.source);
  return out;
}

TEST(AllChecks, AreListedInTheDocument) {
  std::ifstream in(kDocument);
  const std::string document(std::istreambuf_iterator<char>(in), {});
  const auto begin = document.find(kBegin), end = document.find(kEnd);
  ASSERT_NE(begin, std::string::npos) << kDocument << " lacks " << kBegin;
  ASSERT_NE(end, std::string::npos) << kDocument << " lacks " << kEnd;
  const std::string listed = document.substr(begin + kBegin.size(), end - begin - kBegin.size());
  if (listed == table_of_checks()) return;
  if (std::getenv("ASSAY_WRITE_DOCS") != nullptr) {
    std::ofstream(kDocument) << document.substr(0, begin) << kBegin << table_of_checks()
                             << document.substr(end);
    GTEST_SKIP() << "wrote " << kDocument;
  }
  FAIL() << "docs/checks.md is out of date: ASSAY_WRITE_DOCS=1 verify_test "
            "--gtest_filter=AllChecks.AreListedInTheDocument writes it";
}

}  // namespace
}  // namespace assay
