// SPDX-License-Identifier: Apache-2.0
#include "report/verify_report.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "report/html.h"
#include "report/shell_command.h"
#include "verify/recorded_attestation.h"
#include "verify/testing.h"

namespace assay {
namespace {

using testing::HasSubstr;
using testing::Not;

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

const Buffer kEvidence = to_buffer(as_bytes("the file's bytes"));

std::string page_of(const Result<Attestation>& attestation, const VtpmOutcome& outcome,
                    std::string file = "evidence.pb") {
  return verify_report({.version = "assay 9.9.9",
                        .file = file,
                        .format = "binarypb",
                        .evidence = kEvidence,
                        .nonce = kRecordedNonce,
                        .trust = {"google"},
                        .anchor_count = 3,
                        .trusted_keys = {},
                        .revocation_lists = {},
                        .now = in_2023(),
                        .judged_by = JudgedBy::given_time,
                        .command = {"assay", "verify", "--input", file},
                        .policy = std::nullopt,
                        .attestation = attestation,
                        .outcome = outcome});
}

constexpr const char* kHostile = "<script>alert(\"1\")</script>'\x1b[2J\xe2\x80\xae&";
constexpr const char* kHostileEscaped =
    "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;\\x1b[2J\\xe2\\x80\\xae&amp;";

class VerifyReportOfRecording : public testing::Test {
 protected:
  void SetUp() override {
    auto found = recorded_attestation();
    if (!found) GTEST_SKIP() << "no corpus: set ASSAY_CORPUS";
    attestation_ = std::move(*found);
  }
  Result<Attestation> attestation_;
};

TEST_F(VerifyReportOfRecording, SaysWhatAnAcceptedMachineIs) {
  const std::string page = page_of(attestation_, verify_recorded(*attestation_));
  EXPECT_THAT(page, testing::StartsWith("<!DOCTYPE html>\n<html lang=\"en\"><head>"));
  EXPECT_THAT(page, HasSubstr("<title>Accepted: attestation evidence.pb</title>"));
  EXPECT_THAT(page, HasSubstr("<strong>cos-test</strong> (6797026933021542085) in us-central1-a"));
  EXPECT_THAT(page, HasSubstr("GCE Virtual Firmware v1"));
  EXPECT_THAT(page, HasSubstr("Container-Optimized OS DB v10"));
  EXPECT_THAT(page, HasSubstr("loadpin.exclude=kernel-module"));
  EXPECT_THAT(page, HasSubstr("No policy was given"));
  EXPECT_THAT(page, HasSubstr("The nonce has 2 bytes."));
  EXPECT_THAT(page, HasSubstr("No list of revoked certificates was asked."));
  // sha256sum of the text above.
  EXPECT_THAT(page, HasSubstr("a00cfe11a8d9484d2bbae570170e994d1c0acb5c4236e317ad603b7083a18ef0"));
}

TEST_F(VerifyReportOfRecording, HoldsEveryCheckOnce) {
  const VtpmOutcome outcome = verify_recorded(*attestation_);
  const std::string page = page_of(attestation_, outcome);
  for (const Check& c : outcome.verdict.checks())
    EXPECT_EQ(count(page, fmt::format("<code class=\"id\">{}</code>", c.id)), 1u) << c.id;
}

TEST_F(VerifyReportOfRecording, TellsEveryEventAndTheBordersBetween) {
  const std::string page = page_of(attestation_, verify_recorded(*attestation_));
  // The manifest of the recording: 44 events, the Spec ID event not counted.
  EXPECT_EQ(count(page, "<td class=\"register\">"), 44u);
  // This firmware separates PCR 7 before the boot options, the others after it called one.
  const std::vector<std::pair<std::string, std::size_t>> borders{
      {"The firmware starts", 1},       {"Separators: ", 2},
      {"The firmware goes on", 1},      {"Boot attempt 1", 1},
      {"What the firmware started", 1}, {"ExitBootServices: the operating system takes over", 1}};
  for (const auto& [border, times] : borders)
    EXPECT_EQ(count(page, "scope=\"rowgroup\">" + border), times) << border;
  EXPECT_THAT(page, HasSubstr("verified whole"));
  EXPECT_THAT(page, HasSubstr("described elsewhere"));
  EXPECT_THAT(page, Not(HasSubstr("fits its digest")));
}

TEST_F(VerifyReportOfRecording, TellsWhatTheLauncherMeasured) {
  const std::string without = page_of(attestation_, verify_recorded(*attestation_));
  EXPECT_THAT(without, Not(HasSubstr("id=\"container\"")));
  const auto log = corpus_file("eventlogs/cel/go-tpm-tools-agent-cel.bin");
  if (!log) GTEST_SKIP() << "no corpus: set ASSAY_CORPUS";
  attestation_->canonical_event_log = *log;
  const std::string page = page_of(attestation_, verify_recorded(*attestation_));
  // The log of another machine: 18 records, and no PCR 13 of this one.
  EXPECT_THAT(page, HasSubstr("<title>Rejected: "));
  EXPECT_EQ(count(page, "<td class=\"register\">"), 44u + 18u);
  EXPECT_THAT(page, HasSubstr("<a href=\"#container\">"));
  EXPECT_THAT(page, HasSubstr("The launcher hands over to the container"));
  EXPECT_THAT(page, Not(HasSubstr("verified whole")));
  // A malformed one says so, and shows what comes before.
  attestation_->canonical_event_log.resize(log->size() - 1);
  const std::string cut = page_of(attestation_, verify_recorded(*attestation_));
  EXPECT_THAT(cut, HasSubstr("The log is malformed."));
  EXPECT_EQ(count(cut, "<td class=\"register\">"), 44u + 17u);
}

TEST_F(VerifyReportOfRecording, ClaimsNothingAboutTheMachineOfRejectedEvidence) {
  attestation_->quotes.front().signature.back() ^= 1;
  const VtpmOutcome outcome = verify_recorded(*attestation_);
  const std::string page = page_of(attestation_, outcome);
  EXPECT_THAT(page, HasSubstr("<title>Rejected: attestation evidence.pb</title>"));
  EXPECT_THAT(page, HasSubstr("a quote is not signed by the attestation key"));
  EXPECT_THAT(page, HasSubstr("Left out. The evidence was rejected"));
  EXPECT_THAT(page, HasSubstr("Claimed, not verified."));
  EXPECT_THAT(page, Not(HasSubstr("verified whole")));
  EXPECT_THAT(page, Not(HasSubstr("mark-ok\"><svg class=\"shape\" aria-hidden=\"true\">"
                                  "<use href=\"#s-whole\">")));
  EXPECT_THAT(page, Not(HasSubstr("<strong>cos-test</strong>")));
  // What decided stands above the groups as well as in its own.
  EXPECT_LT(page.find("What decided against it"), page.find("<details open"));
  for (const std::string& id : refusals(outcome.verdict))
    EXPECT_EQ(count(page, "<code class=\"id\">" + id + "</code>"), 2u) << id;
}

TEST_F(VerifyReportOfRecording, SaysOneReasonOnceForAllChecksThatItKeepsFromBeingAsked) {
  attestation_->ak_cert.clear();
  const VtpmOutcome outcome = verify_recorded(*attestation_);
  const std::string page = page_of(attestation_, outcome);
  const std::string above = page.substr(0, page.find("<details open"));
  EXPECT_GT(refusals(outcome.verdict).size(), 20u);
  // No certificate; what asks about it; what needs its key.
  EXPECT_EQ(count(above, "<dl class=\"findings\">"), 3u);
  for (const std::string& id : refusals(outcome.verdict))
    EXPECT_EQ(count(page, "<code class=\"id\">" + id + "</code>"), 2u) << id;
}

TEST_F(VerifyReportOfRecording, MarksAnEventWhoseDataWereChanged) {
  const std::string_view text = "cros_efi";
  const auto at = std::search(attestation_->event_log.begin(), attestation_->event_log.end(),
                              text.begin(), text.end());
  ASSERT_NE(at, attestation_->event_log.end());
  *at ^= 0x20;
  const std::string page = page_of(attestation_, verify_recorded(*attestation_));
  EXPECT_THAT(page, HasSubstr("Not what was measured.  The log says: <span class=\"unmeasured\""));
  EXPECT_THAT(page, HasSubstr("its log of the boot is broken or was changed"));
}

TEST_F(VerifyReportOfRecording, EscapesWhatIsAuthenticAndHostile) {
  VtpmOutcome outcome = verify_recorded(*attestation_);
  VtpmClaims claims = **outcome.claims;
  claims.machine.kernel_command_line = kHostile;
  claims.ak_issuer = kHostile;
  claims.instance->instance_name = kHostile;
  claims.machine.grub->files.front().untrusted_name = kHostile;
  CosState container;
  container.image_reference = kHostile;
  container.args = {kHostile};
  container.env = {{kHostile, kHostile}};
  claims.machine.cos = container;
  const std::string clean = page_of(attestation_, outcome);
  outcome.claims = make_authentic_for_testing(std::move(claims));
  const std::string page = page_of(attestation_, outcome, kHostile);
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_TRUE(std::all_of(page.begin(), page.end(),
                          [](char c) { return c == '\n' || (c >= 0x20 && c < 0x7f); }));
  EXPECT_GE(count(page, kHostileEscaped), 9u);
}

TEST_F(VerifyReportOfRecording, CutsWhatIsEndless) {
  VtpmOutcome outcome = verify_recorded(*attestation_);
  VtpmClaims claims = **outcome.claims;
  claims.machine.kernel_command_line = std::string(1024 * 1024, 'k');
  outcome.claims = make_authentic_for_testing(std::move(claims));
  const std::string page = page_of(attestation_, outcome);
  EXPECT_THAT(page, HasSubstr("kkk [cut: 1040384 more bytes]"));
  EXPECT_LT(page.size(), 200u * 1024);
}

TEST_F(VerifyReportOfRecording, SaysThatAPolicyRefusedAnAuthenticMachine) {
  VtpmOutcome outcome = verify_recorded(*attestation_);
  outcome.verdict.require("policy.secure_boot.required", false, "on", "off");
  const std::string page = page_of(attestation_, outcome);
  EXPECT_THAT(page, HasSubstr("The evidence is authentic, but the machine is not what the policy "
                              "asks for."));
  EXPECT_THAT(page, HasSubstr("<strong>cos-test</strong>"));
}

TEST_F(VerifyReportOfRecording, NamesAnEmulatorAsOne) {
  VtpmOutcome outcome = verify_recorded(*attestation_);
  VtpmClaims claims = **outcome.claims;
  claims.provenance = Provenance::emulated;
  outcome.claims = make_authentic_for_testing(std::move(claims));
  EXPECT_THAT(page_of(attestation_, outcome), HasSubstr("<strong>Emulated. </strong>"));
}

TEST(VerifyReport, SaysWhyAFileIsNoAttestation) {
  const Result<Attestation> none = fail(Fault::malformed, "attestation", "<b>broken</b>");
  const std::string page = page_of(none, VtpmOutcome());
  EXPECT_THAT(page, HasSubstr("The evidence is no attestation that can be read."));
  EXPECT_THAT(page, HasSubstr("&lt;b&gt;broken&lt;/b&gt;"));
  EXPECT_THAT(page, Not(HasSubstr("id=\"boot\"")));
}

TEST(VerifyReport, LoadsNothingAndRunsNothing) {
  const std::string page = page_of(Attestation{}, VtpmOutcome());
  EXPECT_THAT(page, HasSubstr("<meta http-equiv=\"Content-Security-Policy\" "
                              "content=\"default-src &#39;none&#39;; "
                              "style-src &#39;unsafe-inline&#39;\">"));
  for (const char* loader : {"<script", "<link", "<img", "<iframe", "src=\"", "url(", "@import",
                             "javascript:", "http://", "https://"})
    EXPECT_THAT(page, Not(HasSubstr(loader)));
}

TEST(ShellCommand, QuotesWhatAShellWouldTakeForMore) {
  EXPECT_EQ(shell_command({"assay", "verify", "--input", "a b.pb"}),
            "assay verify --input 'a b.pb'");
  EXPECT_EQ(shell_command({"it's", ""}), "'it'\\''s' ''");
  EXPECT_EQ(shell_command({"$(rm)", "a\n1'\xc3\xbc"}), "'$(rm)' $'a\\0121\\'\\303\\274'");
}

}  // namespace
}  // namespace assay
