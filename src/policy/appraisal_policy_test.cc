// SPDX-License-Identifier: Apache-2.0
#include "policy/appraisal_policy.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "base/hex.h"
#include "policy/claim_types.h"
#include "policy/command_line_tokens.h"
#include "policy/gotpm_policy.h"
#include "policy/keylime_policy.h"
#include "policy/sbat.h"
#include "verify/printable.h"
#include "verify/recorded_attestation.h"
#include "verify/replayed_log.h"
#include "verify/testing.h"

namespace assay {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kAny =
    "accept_any = [\"platform\", \"secure_boot\", \"applications\", \"kernel\", \"instance\"]\n"
    "evidence.minimum_nonce_bytes = 2\n";  // the recorded attestation's

/// The programs that the recorded VM started, which rules about its kernel need.
std::string recorded_applications();

AppraisalPolicy policy_of(const std::string& rules) {
  const bool kernel = rules.starts_with("kernel.") || rules.starts_with("uki.");
  auto policy = AppraisalPolicy::parse(
      "policy.toml", std::string(kAny) + (kernel ? recorded_applications() : "") + rules);
  EXPECT_TRUE(policy) << to_string(policy.error());
  return std::move(policy.value());
}

std::string refusal(const std::string& toml) {
  const auto policy = AppraisalPolicy::parse("policy.toml", toml);
  return policy ? "" : to_string(policy.error());
}

/// The claims of the recorded attestation, vouched for by verify/ itself.
class RecordedPolicy : public testing::Test {
 protected:
  void SetUp() override {
    const auto attestation = recorded_attestation();
    if (!attestation) GTEST_SKIP() << "no corpus: set ASSAY_CORPUS";
    outcome_ = verify_recorded(*attestation);
    ASSERT_TRUE(outcome_.claims);
  }
  [[nodiscard]] Verdict verdict(const std::string& rules) const {
    return policy_of(rules).appraise(*outcome_.claims, in_2023());
  }
  [[nodiscard]] Verdict changed(const std::string& rules,
                                const std::function<void(VtpmClaims&)>& change) const {
    VtpmClaims claims = **outcome_.claims;
    change(claims);
    return policy_of(rules).appraise(make_authentic_for_testing(std::move(claims)), in_2023());
  }
  VtpmOutcome outcome_;
};

struct RuleCase {
  std::string rule;
  std::string failing;  ///< "" where it holds for the recorded VM
};

constexpr const char* kShim =
    "778bd7d6385d8ca0da5e504e3e554b67d98d9a712d957cb4cbb4d9b2e66ca96e31ddc18680af02b03a3a8a1b08da6a"
    "ca";
constexpr const char* kGrub =
    "d014c8c69b17ceb0f46be22b928f52684e717f40288246a61dadba00b1368c883cdde4e98762cc6788d94d0bcbd3f7"
    "ca";
constexpr const char* kKernel =
    "ff8ff1db8fc98d02d944a90c58103b1b2ad3ba893ba4f302a006a572951491622341bb9387de20dd072cb8b6b3583c"
    "d0";

std::string list(std::initializer_list<std::string> values) {
  std::string out = "[";
  for (const std::string& v : values) out += '"' + v + "\", ";
  return out + "]";
}

std::string recorded_applications() {
  return fmt::format("applications.within = [\"{}\", \"{}\", \"{}\"]\n", kShim, kGrub, kKernel);
}

TEST_F(RecordedPolicy, JudgesEachRule) {
  const std::string other(96, '0');
  const std::string pk = "7d75af8ed5cea65bf6f08f8e3cd52394bc18674e56772d86b32847aad84cb675";
  const std::string kek = "7b033db44e666c2e8d6b32bdc7f52db729041ba06e05977c7ab25306a4600bcd";
  const std::string db = "a7b8c851deb2acba7c7d0e6ec091c93440f942c65d776fdcb58016f8fd1674b0";
  const std::string revoked = "8f046d48ced6a58dd9e0becb8232a4071b8be7f76fd5ed67482612e5106107bd";
  const std::string scrtm =
      "47004300450020005600690072007400750061006c0020004600690072006d007700610072006500200076003100"
      "0000";
  const RuleCase cases[] = {
      {"evidence.banks = [\"sha256\", \"sha384\"]", ""},
      {"evidence.banks = [\"sha512\"]", "policy.evidence.bank/sha512"},
      {"platform.minimum_technology = \"sev\"", ""},
      {"platform.minimum_technology = \"none\"", ""},
      {"platform.minimum_technology = \"sev-es\"", "policy.platform.technology"},
      {"platform.minimum_technology = \"sev-snp\"", "policy.platform.technology"},
      {"platform.minimum_technology = \"tdx\"", "policy.platform.technology"},
      {"platform.technologies = [\"sev\", \"tdx\"]", ""},
      {"platform.technologies = [\"sev-es\", \"tdx\"]", "policy.platform.technologies"},
      {"platform.technologies = []", "policy.platform.technologies"},
      {"platform.minimum_firmware_version = 1", ""},
      {"platform.minimum_firmware_version = 2", "policy.platform.firmware"},
      {"platform.scrtm_versions = [\"00\", \"" + scrtm + "\"]", ""},
      {"platform.scrtm_versions = [\"00\"]", "policy.platform.scrtm"},
      {"secure_boot.required = true", ""},
      {"secure_boot.pk_within = " + list({pk}), ""},
      {"secure_boot.pk_within = " + list({db}), "policy.secure_boot.pk"},
      {"secure_boot.kek_within = " + list({kek}), ""},
      {"secure_boot.kek_within = " + list({pk}), "policy.secure_boot.kek"},
      {"secure_boot.db_within = [\"Container-Optimized OS DB v10\", \"Microsoft UEFI CA 2023\"]",
       ""},
      {"secure_boot.db_within = " + list({db}), ""},
      {"secure_boot.db_within = [\"Microsoft UEFI CA 2023\"]", "policy.secure_boot.db"},
      {"secure_boot.db_within = []", "policy.secure_boot.db"},
      {"secure_boot.authorities_within = " + list({db}), ""},
      {"secure_boot.authorities_within = " + list({pk}), "policy.secure_boot.authorities"},
      {"secure_boot.dbx_at_least = " + list({revoked}), ""},
      {"secure_boot.dbx_at_least = " + list({revoked, db}), "policy.secure_boot.dbx"},
      {"secure_boot.dbx_minimum_hashes = 1", "policy.secure_boot.dbx_size"},
      {"secure_boot.dma_protection = true", ""},
      {"applications.exactly = [" + list({kShim, kGrub, kKernel}) + "]", ""},
      {"applications.exactly = [" + list({other}) + ", " +
           list({"sha384:" + std::string(kShim), kGrub, kKernel}) + "]",
       ""},
      {"applications.exactly = [" + list({kShim, kGrub}) + "]", "policy.applications.exactly"},
      {"applications.exactly = [" + list({kShim, kKernel, kGrub}) + "]",
       "policy.applications.exactly"},
      {"applications.exactly = [" + list({kShim, kGrub, kKernel, kKernel}) + "]",
       "policy.applications.exactly"},
      {"applications.exactly = []", "policy.applications.exactly"},
      {"applications.exactly = [[]]", "policy.applications.exactly"},
      {"applications.within = " + list({kKernel, kShim, kGrub, other}), ""},
      {"applications.within = " + list({kShim, kGrub}), "policy.applications.within"},
      {"applications.within = []", "policy.applications.within"},
      {"drivers.within = []", ""},
      {"kernel.must = [\"ro\", \"module.sig_enforce=1\", \"root=*\"]", ""},
      {"kernel.must = [\"ro\", \"lockdown=confidentiality\"]", "policy.kernel.must"},
      {"kernel.must_not = [\"rw\", \"init=/bin/*\", \"systemd.debug-shell\"]", ""},
      {"kernel.must_not = [\"init=*\"]", "policy.kernel.must_not"},
      {"kernel.must_not = [\"dm_verity.max-bios=*\"]", "policy.kernel.must_not"},
      {"kernel.command_lines = [\"ro quiet\"]", "policy.kernel.command_line"},
      {"kernel.grub_files_within = []", "policy.kernel.grub_files"},
      {"instance.projects = [\"google.com:*\"]", ""},
      {"instance.projects = [\"google.com\"]", "policy.instance.project"},
      {"instance.zones = [\"europe-west4-a\", \"us-central1-a\"]", ""},
      {"instance.zones = [\"us-central1-b\"]", "policy.instance.zone"},
      {"instance.names = [\"cos-*\"]", ""},
      {"instance.names = []", "policy.instance.name"},
      {"instance.production = true", ""},
      {"tpm.maximum_reset_count = 10", ""},
      {"tpm.maximum_reset_count = 9", "policy.tpm.resets"},
      {"tpm.maximum_restart_count = 0", ""},
      {"pcrs.sha256.0 = [\"0f35c214608d93c7a6e68ae7359b4a8be5a0e99eea9107ece427c4dea4e439cf\"]",
       ""},
      {"pcrs.sha256.0 = [\"" + std::string(64, '0') + "\"]", "policy.pcr/sha256:0"},
      {"pcrs.sha512.0 = [\"" + std::string(128, '0') + "\"]", "policy.pcr/sha512:0"},
      {"[[condition]]\nname = \"c\"\nthat = \"tpm.reset_count <= 10 && instance.zone == "
       "'us-central1-a'\"",
       ""},
      {"[[condition]]\nname = \"c\"\nthat = \"tpm.reset_count < 10\"", "policy.condition/c"},
      {"[[condition]]\nname = \"c\"\nthat = \"now < timestamp('2023-01-01T00:00:01Z')\"", ""},
      {"[[condition]]\nname = \"c\"\nthat = \"now < timestamp('2023-01-01T00:00:00Z')\"",
       "policy.condition/c"},
      {"[[condition]]\nname = \"c\"\nthat = \"secure_boot.dbx.certificates.size() == 4 && "
       "secure_boot.db.certificates.all(c, c.name.startsWith('Container-Optimized'))\"",
       ""},
      {"[[condition]]\nname = \"c\"\nthat = \"secure_boot.dbx.certificates.all(c, c.name != "
       "'x')\"",
       "policy.condition/c"},  // these certificates have no known name: a missing claim
      {"[[condition]]\nname = \"c\"\nthat = \"'sha256' in pcrs && pcrs.sha256['0'].size() == 64\"",
       ""},
  };
  for (const RuleCase& c : cases) {
    SCOPED_TRACE(c.rule);
    const Verdict v = verdict(c.rule);
    EXPECT_EQ(v.accepted(), c.failing.empty());
    EXPECT_THAT(refusals(v), c.failing.empty()
                                 ? testing::Matcher<std::vector<std::string>>(IsEmpty())
                                 : ElementsAre(c.failing));
    for (const Check& check : v.checks()) {
      EXPECT_FALSE(check.expected.empty());
      EXPECT_FALSE(check.got.empty());
      const bool ours = !check.id.view().starts_with("policy.condition");
      EXPECT_EQ(check.verdict == CheckVerdict::fail && ours, !check.hint.empty());
    }
  }
}

TEST_F(RecordedPolicy, FailsWhereAClaimIsMissing) {
  const auto expect = [&](const std::string& rules, const std::function<void(VtpmClaims&)>& change,
                          const std::string& failing) {
    SCOPED_TRACE(failing);
    EXPECT_TRUE(verdict(rules).accepted());
    EXPECT_THAT(refusals(changed(rules, change)), ElementsAre(failing));
  };
  expect(
      "secure_boot.required = true",
      [](VtpmClaims& c) { c.machine.secure_boot.enabled = std::nullopt; },
      "policy.secure_boot.required");
  expect(
      "secure_boot.required = true", [](VtpmClaims& c) { c.machine.secure_boot.enabled = false; },
      "policy.secure_boot.required");
  expect(
      "secure_boot.db_within = [\"Container-Optimized OS DB v10\"]",
      [](VtpmClaims& c) { c.machine.secure_boot.db = {}; }, "policy.secure_boot.db");
  expect(
      "secure_boot.db_within = [\"Container-Optimized OS DB v10\"]",
      [](VtpmClaims& c) { c.machine.secure_boot.db.hashes.push_back(Buffer(32, 1)); },
      "policy.secure_boot.db");
  expect(
      "secure_boot.db_within = [\"Container-Optimized OS DB v10\"]",
      [](VtpmClaims& c) {
        c.machine.secure_boot.db.others.push_back({"x509_sha384", Buffer(48, 1)});
      },
      "policy.secure_boot.db");
  expect(
      "secure_boot.dma_protection = true",
      [](VtpmClaims& c) { c.machine.secure_boot.dma_protection_disabled = true; },
      "policy.secure_boot.dma_protection");
  expect(
      "platform.minimum_firmware_version = 0",
      [](VtpmClaims& c) { c.machine.platform.gce_firmware_version = std::nullopt; },
      "policy.platform.firmware");
  expect(
      "applications.within = " + list({kShim, kGrub, kKernel}),
      [](VtpmClaims& c) { c.machine.efi = std::nullopt; }, "policy.applications.within");
  expect(
      "applications.within = " + list({kShim, kGrub, kKernel}),
      [](VtpmClaims& c) { c.machine.efi->applications.clear(); }, "policy.applications.within");
  expect(
      "drivers.within = []", [](VtpmClaims& c) { c.machine.efi = std::nullopt; },
      "policy.drivers.within");
  expect(
      "kernel.must_not = [\"rw\"]",
      [](VtpmClaims& c) { c.machine.kernel_command_line = std::nullopt; },
      "policy.kernel.must_not");
  expect(
      "instance.names = [\"*\"]", [](VtpmClaims& c) { c.instance = std::nullopt; },
      "policy.instance.name");
  expect(
      "instance.production = true", [](VtpmClaims& c) { c.instance = std::nullopt; },
      "policy.instance.production");
  expect(
      "[[condition]]\nname = \"c\"\nthat = \"instance.zone != 'x'\"",
      [](VtpmClaims& c) { c.instance = std::nullopt; }, "policy.condition/c");
}

TEST_F(RecordedPolicy, HoldsWithoutBeingAsked) {
  const auto emulated = [](VtpmClaims& c) { c.provenance = Provenance::emulated; };
  EXPECT_THAT(refusals(changed("", emulated)), ElementsAre("policy.evidence.hardware"));
  EXPECT_TRUE(changed("evidence.allow_emulated = true", emulated).accepted());
  const auto operators = [](VtpmClaims& c) { c.provenance = Provenance::operator_added; };
  EXPECT_THAT(refusals(changed("", operators)), ElementsAre("policy.evidence.vendor"));
  EXPECT_TRUE(changed("evidence.allow_operator_trust = true", operators).accepted());
  EXPECT_THAT(
      refusals(changed("evidence.allow_emulated = true\ninstance.production = true", emulated)),
      ElementsAre("policy.instance.production"));

  const auto sha1 = [](VtpmClaims& c) { c.machine.bank = HashAlgorithm::sha1; };
  EXPECT_THAT(refusals(changed("", sha1)), ElementsAre("policy.evidence.strength"));
  EXPECT_TRUE(changed("evidence.allow_sha1 = true", sha1).accepted());

  const auto lists = [this](const std::string& rule, RevocationTerms asked) {
    return refusals(changed(rule, [&](VtpmClaims& c) { c.revocation = asked; }));
  };
  const RevocationTerms required{RevocationTerms::Missing::refused},
      daily{RevocationTerms::Missing::refused, std::chrono::hours(24)};
  EXPECT_THAT(lists("", {}), IsEmpty());
  EXPECT_THAT(lists("evidence.require_crl = false", {}), IsEmpty());
  for (const std::string rule :
       {"evidence.require_crl = true", "evidence.maximum_crl_age_hours = 24"}) {
    EXPECT_THAT(lists(rule, {}), ElementsAre("policy.evidence.revocation"));
    EXPECT_THAT(lists(rule, daily), IsEmpty());
  }
  EXPECT_THAT(lists("evidence.require_crl = true", required), IsEmpty());
  EXPECT_THAT(lists("evidence.maximum_crl_age_hours = 24", required),
              ElementsAre("policy.evidence.revocation"));
  const auto itself = [](VtpmClaims& c) { c.ak_issuer.clear(); };
  EXPECT_TRUE(changed("evidence.require_crl = true", itself).accepted());

  const auto unsaid = [](VtpmClaims& c) {
    c.pcrs.at(0).values[13] = Digest(c.pcrs.at(0).bank, Buffer(digest_size(c.pcrs.at(0).bank), 7));
  };
  EXPECT_THAT(refusals(changed("", unsaid)), ElementsAre("policy.container.ruled"));

  const auto tab = [](VtpmClaims& c) { c.machine.kernel_command_line = "ro\tinit=/bin/sh"; };
  EXPECT_THAT(refusals(changed("[[condition]]\nname = \"c\"\nthat = "
                               "\"!kernel_command_line.matches('(^| )init=')\"",
                               tab)),
              testing::Contains("policy.condition/c"));

  const auto driver = [](VtpmClaims& c) {
    c.machine.efi->boot_services_drivers.emplace_back(HashAlgorithm::sha384);
  };
  EXPECT_THAT(refusals(changed("", driver)), ElementsAre("policy.drivers.ruled"));
  EXPECT_THAT(refusals(changed("drivers.within = []", driver)),
              ElementsAre("policy.drivers.within"));
  EXPECT_TRUE(changed("drivers.within = [\"" + std::string(96, '0') + "\"]", driver).accepted());
}

TEST_F(RecordedPolicy, AsksForALongNonceUnlessTold) {
  const auto failing = [&](std::size_t bytes, std::string_view evidence) {
    VtpmClaims claims = **outcome_.claims;
    claims.nonce_bytes = bytes;
    const auto policy = AppraisalPolicy::parse(
        "policy.toml",
        "accept_any = [\"platform\", \"secure_boot\", \"applications\", \"kernel\", "
        "\"instance\"]\n" +
            std::string(evidence));
    EXPECT_TRUE(policy) << to_string(policy.error());
    return refusals(policy->appraise(make_authentic_for_testing(std::move(claims)), in_2023()));
  };
  const std::vector<std::string> nonce{"policy.evidence.nonce"};
  EXPECT_EQ((**outcome_.claims).nonce_bytes, 2u);
  EXPECT_EQ(failing(2, ""), nonce);
  EXPECT_EQ(failing(15, ""), nonce);
  EXPECT_THAT(failing(16, ""), IsEmpty());
  EXPECT_EQ(failing(15, "[evidence]\nbanks = [\"sha256\"]\n"), nonce);
  EXPECT_THAT(failing(2, "evidence.minimum_nonce_bytes = 2"), IsEmpty());
  EXPECT_EQ(failing(1, "evidence.minimum_nonce_bytes = 2"), nonce);
  EXPECT_EQ(failing(31, "evidence.minimum_nonce_bytes = 32"), nonce);
  EXPECT_THAT(failing(64, "evidence.minimum_nonce_bytes = 64"), IsEmpty());
}

TEST_F(RecordedPolicy, JudgesTheAgeByTheClock) {
  const auto failing = [&](std::uint64_t ms, bool safe) {
    return refusals(changed("tpm.maximum_clock_hours = 100", [&](VtpmClaims& c) {
      c.clock.clock_ms = ms;
      c.clock.safe = safe;
    }));
  };
  const std::uint64_t limit = 360'000'000, saved = 1 << 22;
  EXPECT_THAT(failing(limit, true), IsEmpty());
  EXPECT_THAT(failing(limit + 1, true), ElementsAre("policy.tpm.age"));
  EXPECT_THAT(failing(limit - saved, false), IsEmpty());
  EXPECT_THAT(failing(limit - saved + 1, false), ElementsAre("policy.tpm.age"));
  EXPECT_THAT(failing(UINT64_MAX, true), ElementsAre("policy.tpm.age"));
}

/// The recorded attestation quotes SHA-1, SHA-256 and SHA-384.
TEST_F(RecordedPolicy, MayAskForOneBankByItsName) {
  const auto judged = [&](
                          const std::string& rules,
                          const std::function<void(Attestation&)>& change = [](Attestation&) {}) {
    const AppraisalPolicy policy = policy_of(rules);
    Attestation attestation = *recorded_attestation();
    change(attestation);
    const VtpmOutcome outcome = authenticate_vtpm(attestation, {.trust = google_trust(),
                                                                .nonce = kRecordedNonce,
                                                                .now = in_2023(),
                                                                .bank = policy.terms().only_bank});
    Verdict out = outcome.verdict;
    if (outcome.claims) out.append(policy.appraise(*outcome.claims, in_2023()));
    return out;
  };
  const auto bank_is = [](HashAlgorithm bank) {
    return [bank](const Quote& quote) { return quote.pcrs.bank == bank; };
  };
  const auto spoil = [&](HashAlgorithm bank) {
    return [=](Attestation& a) {
      std::find_if(a.quotes.begin(), a.quotes.end(), bank_is(bank))->signature.back() ^= 1;
    };
  };
  const std::string sha256 = "evidence.only_bank = \"sha256\"";
  const Verdict one = judged(sha256);
  EXPECT_THAT(refusals(one), IsEmpty());
  std::vector<std::string> banks;
  for (const Check& check : one.checks()) {
    if (check.id.view().starts_with("tpm.quote.signature/")) banks.push_back(check.id);
    if (check.id != "tpm.quotes.unasked") continue;
    EXPECT_EQ(check.verdict, CheckVerdict::absent);
    EXPECT_EQ(check.got, "not judged: sha1, sha384");
  }
  EXPECT_THAT(banks, ElementsAre("tpm.quote.signature/sha256"));
  // What is left aside cannot fail, what was asked for must hold.
  EXPECT_THAT(refusals(judged(sha256, spoil(HashAlgorithm::sha384))), IsEmpty());
  EXPECT_THAT(refusals(judged("", spoil(HashAlgorithm::sha384))),
              testing::Contains("tpm.quote.signature/sha384"));
  EXPECT_THAT(refusals(judged(sha256, spoil(HashAlgorithm::sha256))),
              testing::Contains("tpm.quote.signature/sha256"));
  EXPECT_THAT(refusals(judged(sha256,
                              [&](Attestation& a) {
                                std::erase_if(a.quotes, bank_is(HashAlgorithm::sha256));
                              })),
              testing::Contains("tpm.quotes.present"));
  // No way around the rule about SHA-1, and none for claims that were judged otherwise.
  EXPECT_FALSE(judged("evidence.only_bank = \"sha1\"").accepted());
  EXPECT_THAT(refusals(verdict(sha256)), ElementsAre("policy.evidence.only_bank"));
  // Digests of that bank are what the policy needs then.
  const VtpmOutcome outcome =
      authenticate_vtpm(*recorded_attestation(), {.trust = google_trust(),
                                                  .nonce = kRecordedNonce,
                                                  .now = in_2023(),
                                                  .bank = HashAlgorithm::sha256});
  ASSERT_TRUE(outcome.claims);
  const MachineState& state = (*outcome.claims)->machine;
  ASSERT_TRUE(state.efi);
  std::string applications = sha256 + "\napplications.within = [";
  for (const Digest& d : state.efi->applications) applications += '"' + show(d) + "\", ";
  EXPECT_THAT(refusals(judged(applications + "]")), IsEmpty());
}

TEST_F(RecordedPolicy, JudgesTheContainerWhereThereIsOne) {
  const std::string digest = "sha256:" + std::string(64, 'c');
  const auto with_container = [&](VtpmClaims& c) {
    CosState cos;
    cos.image_reference = "registry.example/app:1";
    cos.image_digest = digest;
    cos.override_args = {"--quiet"};
    cos.override_env = {{"MODE", "safe"}};
    cos.launched = true;
    c.machine.cos = cos;
  };
  const RuleCase cases[] = {
      {"", "policy.container.ruled"},
      {"container.image_digests = [\"" + digest + "\"]", ""},
      {"container.image_digests = [\"sha256:" + std::string(64, 'd') + "\"]",
       "policy.container.digest"},
      {"container.image_references = [\"registry.example/app:*\"]", ""},
      {"container.image_references = [\"registry.example/app\"]", "policy.container.reference"},
      {"container.override_args = [\"--quiet\"]", ""},
      {"container.override_args = []", "policy.container.override_args"},
      {"container.override_env = [\"MODE=*\"]", ""},
      {"container.override_env = [\"MODE\"]", "policy.container.override_env"},
      {"[[condition]]\nname = \"c\"\nthat = \"cos.env.size() == 0 && cos.override_env.MODE == "
       "'safe'\"",
       ""},
  };
  for (const RuleCase& c : cases) {
    SCOPED_TRACE(c.rule);
    const Verdict v = changed(c.rule, with_container);
    EXPECT_EQ(v.accepted(), c.failing.empty());
    if (!c.failing.empty()) {
      EXPECT_THAT(refusals(v), ElementsAre(c.failing));
    }
  }
  EXPECT_THAT(refusals(verdict("container.image_digests = [\"" + digest + "\"]")),
              ElementsAre("policy.container.digest"));
}

TEST_F(RecordedPolicy, SaysWhatItExpectedAndWhatCame) {
  const Verdict v = verdict(
      "secure_boot.db_within = [\"Microsoft UEFI CA 2023\"]\n"
      "applications.within = [\"sha256:" +
      std::string(64, 'a') +
      "\"]\n[[condition]]\nname = \"zone\"\nthat = \"!has(instance.zone) || 1 / 0 == 1\"\n"
      "because = \"ask the platform team\"\n");
  ASSERT_EQ(refusals(v).size(), 3u);
  std::vector<Check> failed;
  for (const Check& c : v.checks())
    if (c.verdict == CheckVerdict::fail) failed.push_back(c);
  EXPECT_EQ(failed[0].expected, "Microsoft UEFI CA 2023");
  EXPECT_EQ(failed[0].got, "also Container-Optimized OS DB v10");
  EXPECT_EQ(failed[1].hint,
            "the machine was judged in its sha384 bank, and the policy has no sha384 digests: add "
            "them (`assay verify --json` prints them), or set evidence.only_bank");
  EXPECT_EQ(failed[2].id, "policy.condition/zone");
  EXPECT_EQ(failed[2].expected, "!has(instance.zone) || 1 / 0 == 1");
  EXPECT_EQ(failed[2].got, "no answer: divide by zero (at 26)");
  EXPECT_EQ(failed[2].hint, "ask the platform team");
}

TEST_F(RecordedPolicy, JudgesShimAndTheUnifiedKernelImage) {
  const Digest linux(HashAlgorithm::sha256, Buffer(32, 1)),
      disk(HashAlgorithm::sha256, Buffer(32, 2));
  const auto with_image = [&](VtpmClaims& c) {
    c.machine.shim.emplace();
    c.machine.shim->sbat_level = "sbat,1,2023012900\nshim,2\ngrub,3\n";
    c.machine.uki.emplace();
    c.machine.uki->sections = {{".linux", linux}, {".initrd", disk}};
    c.machine.initrds = {disk};
    c.machine.grub = std::nullopt;
  };
  const std::string both = "uki.sections.\".linux\" = [\"" + show(linux) +
                           "\"]\nuki.sections.\".initrd\" = [\"" + show(disk) + "\"]";
  const RuleCase cases[] = {
      {"secure_boot.sbat_minimum = {shim = 2, grub = 3}", ""},
      {"secure_boot.sbat_minimum = {shim = 3}", "policy.secure_boot.sbat"},
      {"secure_boot.sbat_minimum = {\"grub.debian\" = 1}", "policy.secure_boot.sbat"},
      {"secure_boot.dbx_minimum_generation = \"2020-10-12\"", "policy.secure_boot.dbx_generation"},
      {"kernel.initrds_within = [\"" + show(disk) + "\"]", ""},
      {"kernel.initrds_within = [\"" + show(linux) + "\"]", "policy.kernel.initrds"},
      {both, ""},
      {both + "\nuki.sections.\".cmdline\" = [\"" + show(disk) + "\"]",
       "policy.uki.section/.cmdline"},
      {"uki.sections.\".linux\" = [\"" + show(linux) + "\"]", "policy.uki.unlisted"},
  };
  for (const RuleCase& c : cases) {
    SCOPED_TRACE(c.rule);
    const Verdict v = changed(c.rule, with_image);
    EXPECT_THAT(refusals(v), c.failing.empty()
                                 ? testing::Matcher<std::vector<std::string>>(IsEmpty())
                                 : ElementsAre(c.failing));
    if (c.rule.find("minimum_generation") == std::string::npos) {
      EXPECT_FALSE(verdict(c.rule).accepted());  // the recorded VM has none of these
    }
  }
}

TEST(SbatLevels, AreReadAsShimWritesThem) {
  const auto levels = sbat_levels("sbat,1,2021030218\nshim,2\n\ngrub.debian,4\n");
  ASSERT_TRUE(levels);
  EXPECT_THAT(*levels, ElementsAre(testing::Pair("grub.debian", 4u), testing::Pair("sbat", 1u),
                                   testing::Pair("shim", 2u)));
  for (const char* wrong :
       {"shim", ",1", "shim,", "shim,x", "shim,-1", "shim,1\nshim,2", "shim,4294967296"})
    EXPECT_FALSE(sbat_levels(wrong)) << wrong;
}

/// What we print for people is not what a condition judges.
TEST_F(RecordedPolicy, GivesConditionsTheTextsAsMeasured) {
  const auto holds = [&](const std::string& that, const std::function<void(VtpmClaims&)>& change) {
    const Verdict v =
        changed("container.image_references = [\"*\"]\n[[condition]]\nname = \"c\"\nthat = '''" +
                    that + "'''\n",
                change);
    const auto failed = refusals(v);
    return std::find(failed.begin(), failed.end(), "policy.condition/c") == failed.end();
  };
  const auto level = [](VtpmClaims& c) {
    c.machine.shim.emplace().sbat_level = "sbat,1,2021030218\nshim,4\n";
  };
  EXPECT_TRUE(holds(R"(shim.sbat_level.contains("\nshim,4\n"))", level));
  EXPECT_FALSE(holds(R"(shim.sbat_level.contains("x0A"))", level));

  const auto cos = [](VtpmClaims& c) {
    CosState state;
    state.args = {"a\nb", "caf\xC3\xA9", "\\x41"};
    state.env = {{"N\xC3\x84ME", "\t"}};
    state.launched = true;
    c.machine.cos = state;
  };
  EXPECT_TRUE(holds(R"(cos.args == ["a\nb", "caf\u00e9", r"\x41"])", cos));
  EXPECT_TRUE(holds(R"(cos.env["N\u00c4ME"] == "\t")", cos));

  // A text with "\x" of its own is nobody's escape.
  const auto line = [](const char* text) {
    return [=](VtpmClaims& c) { c.machine.kernel_command_line = text; };
  };
  EXPECT_TRUE(holds(R"(kernel_command_line == r"ro \x41")", line("ro \\x41")));
  EXPECT_FALSE(holds("kernel_command_line != ''", line("ro\x01")));

  // Of GRUB, what cannot be shown takes its own list along and nothing else.
  const auto command = [](VtpmClaims& c) { c.machine.grub->commands.emplace_back("linux\t/k"); };
  EXPECT_FALSE(holds("grub.commands.all(c, true)", command));
  EXPECT_TRUE(holds("grub.files.size() == 1", command));
  const auto file = [](VtpmClaims& c) { c.machine.grub->files[0].untrusted_name = "/\xFF"; };
  EXPECT_FALSE(holds("grub.files.all(f, true)", file));
  EXPECT_TRUE(
      holds(R"(grub.commands.exists(c, c.startsWith("grub_cmd: menuentry verified image A {\n")))",
            file));
}

/// Every member that `assay verify --json` prints is a claim that conditions can name.
void expect_declared(const json::value& value, const CelType& type, const std::string& path) {
  SCOPED_TRACE(path);
  if (const auto* array = value.if_array()) {
    ASSERT_TRUE(type.is(CelKind::list));
    for (const json::value& element : *array) expect_declared(element, type.element(), path + "[]");
  }
  if (!value.is_object() || !type.is_record()) return;
  for (const auto& member : value.get_object()) {
    const CelField* field = find_field(type.fields(), member.key());
    ASSERT_NE(field, nullptr) << member.key() << " is not in policy/claim_types.cc";
    expect_declared(member.value(), field->type, path + "." + std::string(member.key()));
  }
}

TEST_F(RecordedPolicy, ConditionsCanNameEveryClaim) {
  expect_declared(to_json(**outcome_.claims), CelType::record("claims", claim_types()), "claims");
  VtpmClaims bare{};
  expect_declared(to_json(bare), CelType::record("claims", claim_types()), "claims");
  const CelValue values = claim_values(**outcome_.claims, in_2023());
  EXPECT_EQ(show(*find_key(*values.if_map(), std::string_view("emulated"))), "false");
  EXPECT_EQ(show(*find_key(*values.if_map(), std::string_view("now"))),
            "timestamp('2023-01-01T00:00:00Z')");
}

/// The policy that docs/appraisal-policy.md shows is one, and is for the recorded machine.
TEST_F(RecordedPolicy, TheDocumentedPolicyAcceptsTheRecordedMachine) {
  const auto page = recorded_file(ASSAY_SOURCE_DIR "/docs/appraisal-policy.md");
  ASSERT_TRUE(page);
  const std::string_view text = as_text(*page);
  const auto begin = text.find("```toml\n") + 8;
  const std::string_view toml = text.substr(begin, text.find("```", begin) - begin);
  const auto policy = AppraisalPolicy::parse("docs", toml);
  ASSERT_TRUE(policy) << to_string(policy.error());
  EXPECT_THAT(refusals(policy->appraise(*outcome_.claims, in_2023())), IsEmpty());
  EXPECT_GT(policy->explain().size(), 10u);
}

struct RefusedCase {
  std::string toml;
  std::string error;
};

TEST(AppraisalPolicy, RefusesWhatItDoesNotUnderstandWithItsLine) {
  const RefusedCase cases[] = {
      {"",
       "policy.toml: says nothing about `platform`, so it would let any in: add rules about it, "
       "or add \"platform\" to accept_any"},
      {"accept_any = [\"platform\", \"secure_boot\", \"applications\", \"instance\"]",
       "policy.toml: says nothing about `kernel`, so it would let any in: add rules about it, or "
       "add \"kernel\" to accept_any"},
      {"[evidence]\n\"never.allow_emulated\" = true",
       "policy.toml:2: evidence.never.allow_emulated: no such key: there is banks, only_bank, "
       "minimum_nonce_bytes, "
       "allow_sha1, allow_emulated, allow_operator_trust, require_crl, maximum_crl_age_hours"},
      {"[kernel]\nmust_not = [\"\"]",
       "policy.toml:2: kernel.must_not: \"\": want one parameter of the kernel"},
      {"[kernel]\nmust_not = ['\"\"']",
       "policy.toml:2: kernel.must_not: \"\"\"\": want one parameter of the kernel"},
      {"[kernel]\nmust_not = ['\"*\"']",
       "policy.toml:2: kernel.must_not: \"\"*\"\": want one parameter of the kernel"},
      {"[kernel]\nmust_not = [\"*\"]",
       "policy.toml:2: kernel.must_not: \"*\": want one parameter of the kernel"},
      {"[kernel]\nmust = [\"a b\"]",
       "policy.toml:2: kernel.must: \"a b\": want one parameter of the kernel"},
      {"x = [", "policy.toml:1: Error while parsing array: encountered end-of-file"},
      {"\n[secure_bot]\nrequired = true",
       "policy.toml:2: secure_bot: no such section: there is accept_any, evidence, platform, "
       "secure_boot, applications, drivers, kernel, container, instance, tpm, uki, pcrs, "
       "condition"},
      {"[platform]\n\nminimum_tech = \"sev\"",
       "policy.toml:3: platform.minimum_tech: no such key: there is minimum_technology, "
       "technologies, minimum_firmware_version, scrtm_versions"},
      {"[secure_boot]\nrequired = \"yes\"",
       "policy.toml:2: secure_boot.required: want true or false, not a string"},
      {"[secure_boot]\nrequired = false",
       "policy.toml:2: secure_boot.required: leave the key out, and list \"secure_boot\" in "
       "accept_any, if it may be off"},
      {"platform = 3", "policy.toml:1: platform: want a table, not an integer"},
      {"[platform]\nminimum_technology = \"SEV\"",
       "policy.toml:2: platform.minimum_technology: \"SEV\": want \"none\", \"sev\", \"sev-es\", "
       "\"sev-snp\" or \"tdx\""},
      {"[platform]\nminimum_firmware_version = 1.5",
       "policy.toml:2: platform.minimum_firmware_version: want an integer, not a number with a "
       "fraction"},
      {"[platform]\nminimum_firmware_version = -1",
       "policy.toml:2: platform.minimum_firmware_version: want 0 or more"},
      {"[platform]\nscrtm_versions = [\"00\",\n\"0\"]",
       "policy.toml:3: platform.scrtm_versions: \"0\": odd number of hexadecimal digits"},
      {"[applications]\nwithin = [\"sha256:00\"]",
       "policy.toml:2: applications.within: \"sha256:00\": want a digest in hexadecimal, as in "
       "\"sha256:64 digits\""},
      {"[applications]\nexactly = [\"" + std::string(64, '0') + "\"]",
       "policy.toml:2: applications.exactly: want a list of digests, not a string"},
      {"[secure_boot]\ndb_within = [\"Microsoft\"]",
       "policy.toml:2: secure_boot.db_within: \"Microsoft\": want the SHA-256 of a certificate, 64 "
       "hexadecimal digits, or the name of a known one"},
      {"[secure_boot]\ndbx_at_least = []",
       "policy.toml:2: secure_boot.dbx_at_least: an empty list asks nothing"},
      {"[kernel]\nmust = [\"ro\", 3]", "policy.toml:2: kernel.must: want a string, not an integer"},
      {"[instance]\nzones = \"us-central1-a\"",
       "policy.toml:2: instance.zones: want a list of strings, not a string"},
      {"[evidence]\nbanks = [\"md5\"]",
       "policy.toml:2: evidence.banks: \"md5\": want \"sha1\", \"sha256\", \"sha384\" or "
       "\"sha512\""},
      {"[evidence]\nbank = [\"sha256\"]",
       "policy.toml:2: evidence.bank: no such key: there is banks, only_bank, minimum_nonce_bytes, "
       "allow_sha1, allow_emulated, allow_operator_trust, require_crl, maximum_crl_age_hours"},
      {"[evidence]\nonly_bank = \"md5\"",
       "policy.toml:2: evidence.only_bank: \"md5\": want \"sha1\", \"sha256\", \"sha384\" or "
       "\"sha512\""},
      {"[evidence]\nonly_bank = [\"sha256\"]",
       "policy.toml:2: evidence.only_bank: want a string, not a list"},
      {"[tpm]\nmaximum_clock_hours = 0", "policy.toml:2: tpm.maximum_clock_hours: want 1 or more"},
      {"[container]\nsignature_keys = []",
       "policy.toml:2: container.signature_keys: no such key: there is image_digests, "
       "image_references, override_args, override_env"},
      {"[evidence]\nminimum_nonce_bytes = 0",
       "policy.toml:2: evidence.minimum_nonce_bytes: want 1 or more"},
      {"[evidence]\nminimum_nonce_bytes = 65",
       "policy.toml:2: evidence.minimum_nonce_bytes: no TPM answers more than 64 bytes"},
      {"[evidence]\nminimum_nonce_bytes = \"16\"",
       "policy.toml:2: evidence.minimum_nonce_bytes: want an integer, not a string"},
      {"accept_any = [\"all\"]",
       "policy.toml:1: accept_any: \"all\": want one of platform, secure_boot, applications, "
       "kernel, instance, drivers, container"},
      {"[pcrs.sha256]\n24 = []",
       "policy.toml:2: pcrs.sha256.24: want the number of a register, 0 to 23"},
      {"[pcrs.sha256]\n7 = [\"00\"]",
       "policy.toml:2: pcrs.sha256.7: \"00\": want a digest in hexadecimal, as in \"sha256:64 "
       "digits\""},
      {"[pcrs.sha384]\n7 = [\"" + std::string(64, '0') + "\"]",
       "policy.toml:2: pcrs.sha384.7: want values of 48 bytes"},
      {"[pcrs.sha3]\n7 = []",
       "policy.toml:1: pcrs.sha3: want a table for sha1, sha256, sha384 or sha512"},
      {"[condition]\nname = \"x\"", "policy.toml:1: condition: want tables [[condition]]"},
      {"[[condition]]\nname = \"x\"",
       "policy.toml:1: condition: without `that`, the expression that must be true"},
      {"[[condition]]\nthat = \"true\"",
       "policy.toml:1: condition: want a name of letters, digits, `-` and `_`: the check is called "
       "after it"},
      {"[[condition]]\nname = \"a b\"\nthat = \"true\"",
       "policy.toml:1: condition: want a name of letters, digits, `-` and `_`: the check is called "
       "after it"},
      {"[[condition]]\nname = \"a\"\nthat = \"true\"\n[[condition]]\nname = \"a\"\nthat = \"true\"",
       "policy.toml:4: condition: the name \"a\" is there twice"},
      {"[[condition]]\nname = \"a\"\nthat = \"tpm.reset_count\"",
       "policy.toml:3: condition.that: condition \"a\": want an expression that is true or false, "
       "not int"},
      {"[[condition]]\nname = \"a\"\nthat = \"platform.tecnology == 'AMD_SEV'\"",
       "policy.toml:3: condition.that: condition \"a\", 1:10: `platform` has no claim `tecnology`; "
       "did you mean `technology`?\n"
       "  platform.tecnology == 'AMD_SEV'\n"
       "           ^"},
      {"[[condition]]\nname = \"a\"\nthat = true\n",
       "policy.toml:3: condition.that: want a string, not a boolean"},
  };
  for (const RefusedCase& c : cases) {
    SCOPED_TRACE(c.toml);
    EXPECT_EQ(refusal(c.toml), c.error);
  }
}

/// Whoever starts a program of his own has the registers of GRUB and of systemd's stub to himself.
TEST(AppraisalPolicy, RefusesRulesOfTheKernelWithoutOneOfThePrograms) {
  const std::string digest(64, '0');
  const std::string any =
      "accept_any = [\"platform\", \"secure_boot\", \"applications\", \"kernel\", \"instance\"]\n";
  for (const std::string& rule :
       {std::string("kernel.must: must = [\"ro\"]"),
        std::string("kernel.must_not: must_not = [\"rw\"]"),
        std::string("kernel.command_lines: command_lines = [\"ro\"]"),
        "kernel.kernels_within: kernels_within = [\"" + digest + "\"]",
        "kernel.grub_files_within: grub_files_within = [\"" + digest + "\"]",
        "kernel.initrds_within: initrds_within = [\"" + digest + "\"]",
        "uki: sections.\".linux\" = [\"" + digest + "\"]"}) {
    const auto colon = rule.find(": ");
    const std::string name = rule.substr(0, colon);
    const std::string table =
        any + (name == "uki" ? "\n[uki]\n" : "\n[kernel]\n") + rule.substr(colon + 2);
    EXPECT_EQ(refusal(table),
              fmt::format("policy.toml:{}: {}: whatever program is started can pretend this: say "
                          "which may be, in applications.exactly or applications.within",
                          name == "uki" ? 3 : 4, name));
    for (const std::string& programs : {"\n[applications]\nexactly = [[\"" + digest + "\"]]",
                                        "\n[applications]\nwithin = [\"" + digest + "\"]",
                                        "\n[pcrs.sha256]\n4 = [\"" + digest + "\"]"})
      EXPECT_EQ(refusal(table + programs), "");
    // A condition may ask anything, another register says nothing of them.
    EXPECT_NE(
        refusal(table + "\n[[condition]]\nname = \"c\"\nthat = \"efi.applications.size() > 0\""),
        "");
    EXPECT_NE(refusal(table + "\n[pcrs.sha256]\n7 = [\"" + digest + "\"]"), "");
  }
  for (const std::string pcr : {"7", "8", "9", "11", "12"}) {
    const std::string table = any + "[pcrs.sha256]\n" + pcr + " = [\"" + digest + "\"]\n";
    EXPECT_EQ(refusal(table), pcr == "7" ? ""
                                         : "policy.toml:2: pcrs: whatever program is started can "
                                           "pretend this: say which may be, in "
                                           "applications.exactly or applications.within");
    EXPECT_EQ(refusal(table + "4 = [\"" + digest + "\"]\n"), "");
  }
}

TEST_F(RecordedPolicy, TakesGotpmsPolicyWithItsMeaning) {
  const auto gotpm = [&](const std::string& text) {
    const auto policy = parse_gotpm_policy("p.textproto", text);
    EXPECT_TRUE(policy) << to_string(policy.error());
    return refusals(policy->appraise(*outcome_.claims, in_2023()));
  };
  EXPECT_THAT(gotpm(""), IsEmpty());
  EXPECT_THAT(gotpm("platform { minimum_gce_firmware_version: 1 minimum_technology: AMD_SEV }"),
              IsEmpty());
  EXPECT_THAT(gotpm("platform { minimum_gce_firmware_version: 2 }"),
              ElementsAre("policy.platform.firmware"));
  EXPECT_THAT(gotpm("platform { minimum_technology: AMD_SEV_ES }"),
              ElementsAre("policy.platform.technology"));
  EXPECT_THAT(gotpm("platform { allowed_scrtm_version_ids: '\\000' }"),
              ElementsAre("policy.platform.scrtm"));
  EXPECT_THAT(
      gotpm(
          R"(platform { allowed_scrtm_version_ids: 'G\000C\000E\000 \000V\000i\000r\000t\000u\000a\000l\000 \000F\000i\000r\000m\000w\000a\000r\000e\000 \000v\0001\000\000\000' })"),
      IsEmpty());
}

TEST(KeylimePolicy, BecomesOneOfOurs) {
  const std::string shim(64, 'a'), grub(64, 'b'), kernel(64, 'c'), revoked(64, 'd');
  const auto toml = policy_from_keylime(
      "refstate.json",
      R"({"has_secureboot": true, "scrtm_and_bios": [{"scrtm": "0x00"}],
          "pk": [{"SignatureOwner": "o", "SignatureData": "0x3000"}], "kek": [],
          "dbx": [{"SignatureOwner": "o", "SignatureData": "0x)" +
          revoked + R"("}], "mokdig": [], "kernels": [{"shim_authcode_sha256": "0x)" + shim +
          R"(", "grub_authcode_sha256": "0x)" + grub + R"(", "kernel_authcode_sha256": "0x)" +
          kernel + R"(", "initrd_plain_sha256": "0x)" + kernel +
          R"(", "kernel_cmdline": "/vmlinuz-\\d+ root='x'"}]})");
  ASSERT_TRUE(toml) << to_string(toml.error());
  EXPECT_THAT(*toml, HasSubstr("# not taken over: scrtm_and_bios"));
  EXPECT_THAT(*toml, HasSubstr("# not taken over: initrd_plain_sha256 " + kernel));
  EXPECT_THAT(*toml, testing::Not(HasSubstr("mokdig")));
  const auto policy = AppraisalPolicy::parse("imported", *toml);
  ASSERT_TRUE(policy) << to_string(policy.error()) << *toml;
  EXPECT_THAT(
      policy->explain(),
      testing::IsSupersetOf(
          {std::string("Secure Boot is on."),
           std::string("Each key exchange key (KEK) is nothing: the list is empty."),
           "What is revoked (dbx) has at least " + revoked + ".",
           "The firmware started exactly these programs, in this order: [sha256:" + shim +
               ", sha256:" + grub + ", sha256:" + kernel + "] or [sha256:" + shim +
               ", sha256:" + grub + ", sha256:" + kernel + ", sha256:" + kernel + "].",
           std::string(
               R"(keylime-command-line: kernel_command_line.matches('^(?:/vmlinuz-\\d+ root=\'x\')$'))"
               " (the kernel's command line is none of the reference state)")}));
}

TEST(KeylimePolicy, SaysThatItDoesNotWantSecureBootOff) {
  const auto toml = policy_from_keylime("r", R"({"has_secureboot": false})");
  ASSERT_TRUE(toml) << to_string(toml.error());
  EXPECT_THAT(*toml, HasSubstr("# not taken over: has_secureboot: false"));
}

/// In a reference state a command line belongs to the kernel beside it.
TEST_F(RecordedPolicy, KeylimesKernelsKeepTheirOwnLines) {
  const auto kernel = [](char id, const std::string& line) {
    const auto digest = [](char c) { return std::string(64, c); };
    return R"({"shim_authcode_sha256": ")" + digest('1') + R"(", "grub_authcode_sha256": ")" +
           digest('2') + R"(", "kernel_authcode_sha256": ")" + digest(id) +
           R"(", "kernel_cmdline": ")" + line + R"("})";
  };
  const auto toml = policy_from_keylime("r", R"({"kernels": [)" + kernel('a', "good lockdown=.*") +
                                                 ", " + kernel('b', "rescue init=/bin/sh") + "]}");
  ASSERT_TRUE(toml) << to_string(toml.error());
  // The recorded machine was read from another bank, with a short nonce.
  std::string text = *toml;
  constexpr std::string_view kBank = "only_bank = \"sha256\"";
  ASSERT_NE(text.find(kBank), std::string::npos);
  text.replace(text.find(kBank), kBank.size(), "minimum_nonce_bytes = 2");
  const auto policy = AppraisalPolicy::parse("imported", text);
  ASSERT_TRUE(policy) << to_string(policy.error()) << text;
  const auto failing = [&](const std::string& kernels, const std::string& line) {
    VtpmClaims claims = **outcome_.claims;
    const auto digest = [](char c) { return *parse_hex("digest", std::string(64, c)); };
    claims.machine.efi->applications.clear();
    for (const char c : "12" + kernels)
      claims.machine.efi->applications.emplace_back(HashAlgorithm::sha256, digest(c));
    claims.machine.kernel_command_line = line;
    return refusals(policy->appraise(make_authentic_for_testing(std::move(claims)), in_2023()));
  };
  const std::string good = "good lockdown=integrity", rescue = "rescue init=/bin/sh";
  const std::vector<std::string> line{"policy.condition/keylime-command-line"};
  EXPECT_THAT(failing("a", good), IsEmpty());
  EXPECT_THAT(failing("aa", good), IsEmpty());
  EXPECT_THAT(failing("b", rescue), IsEmpty());
  EXPECT_EQ(failing("a", rescue), line);
  EXPECT_EQ(failing("aa", rescue), line);
  EXPECT_EQ(failing("b", good), line);
  EXPECT_THAT(failing("ab", good), testing::Contains("policy.applications.exactly"));
}

TEST(KeylimePolicy, IsRefusedWhereItIsNotUnderstood) {
  const auto refused = [](const char* text) {
    return to_string(policy_from_keylime("r", text).error());
  };
  EXPECT_EQ(refused(R"({"kernel": []})"), "r.kernel: no such member in a reference state");
  EXPECT_EQ(refused(R"({"has_secureboot": 1})"), "r.has_secureboot: want true or false");
  EXPECT_EQ(refused(R"({"db": [{}]})"), "r.db: want SignatureData in each");
  EXPECT_EQ(refused(R"({"kernels": [{"shim_authcode_sha256": "0x00"}]})"),
            "r.kernels.shim_authcode_sha256: want a SHA-256");
  EXPECT_THAT(refused(R"({"kernels": [{"kernel_cmdline": "("}]})"),
              HasSubstr("r.kernels.kernel_cmdline: not a regular expression of RE2: missing )"));
}

TEST(GotpmPolicy, IsRefusedWhereItIsNotUnderstood) {
  const auto refused = [](const char* text) {
    return to_string(parse_gotpm_policy("p.textproto", text).error());
  };
  EXPECT_EQ(refused("sev_snp { uefi { require_signed: true } }"),
            "p.textproto: sev_snp: nobody judges this field yet, so a policy must not rest on it");
  EXPECT_EQ(refused("platform { minimum: 1 }"),
            "p.textproto: 1:19: Message type \"attest.PlatformPolicy\" has no field named "
            "\"minimum\".");
}

TEST(AppraisalPolicy, IsCompleteByRulesRegistersOrConditions) {
  EXPECT_EQ(refusal("accept_any = [\"instance\"]\n[pcrs.sha256]\n0 = []\n4 = []\n7 = []\n9 = []\n"),
            "");
  EXPECT_EQ(refusal("accept_any = [\"platform\", \"secure_boot\", \"applications\", \"kernel\"]\n"
                    "[[condition]]\nname = \"zone\"\nthat = \"instance.zone == 'z'\"\n"),
            "");
}

/// Not asked of a boot alone, which answers no nonce.
constexpr std::string_view kNonceRule = "policy.evidence.nonce";

MachineState machine_of(const std::string& boot) {
  const Buffer bytes = boot_file(boot + "/binary_bios_measurements");
  const auto log = parse_event_log(bytes);
  EXPECT_TRUE(log);
  const HashAlgorithm banks[] = {HashAlgorithm::sha256};
  const ReplayedLog replayed = replay(*log, banks);
  Verdict verdict;
  return read_machine_state(replayed, verdict);
}

TEST(AppraisalPolicy, JudgesTheRecordedBootsOfOurOwn) {
  const auto failing = [](const std::string& boot, const std::string& rules) {
    std::vector<std::string> out;
    const Verdict verdict =
        policy_of("evidence.allow_emulated = true\nevidence.allow_operator_trust = true\n" + rules)
            .appraise_machine(machine_of(boot));
    for (const Check& c : verdict.checks())
      if (c.verdict != CheckVerdict::pass && c.id != kNonceRule) out.push_back(c.id);
    return out;
  };
  for (const char* boot : {"sb", "sbfull", "ukisb"})
    EXPECT_THAT(failing(boot, "secure_boot.required = true"), IsEmpty()) << boot;
  for (const char* boot : {"nosb", "uki"})
    EXPECT_THAT(failing(boot, "secure_boot.required = true"),
                ElementsAre("policy.secure_boot.required"))
        << boot;
  EXPECT_THAT(failing("sb", "platform.minimum_technology = \"sev\""),
              ElementsAre("policy.platform.technology"));
  EXPECT_THAT(failing("sb", "platform.minimum_firmware_version = 1"),
              ElementsAre("policy.platform.firmware"));
  EXPECT_THAT(failing("sb", "instance.names = [\"*\"]"), ElementsAre("policy.instance.name"));
  EXPECT_THAT(failing("sb", "[[condition]]\nname = \"c\"\nthat = \"true\""),
              ElementsAre("policy.condition/c"));

  const MachineState machine = machine_of("sb");
  ASSERT_TRUE(machine.efi);
  std::string applications = "applications.exactly = [[";
  for (const Digest& d : machine.efi->applications) applications += '"' + show(d) + "\", ";
  applications += "]]";
  EXPECT_THAT(failing("sb", applications), IsEmpty());
  EXPECT_THAT(failing("uki", applications), ElementsAre("policy.applications.exactly"));
}

/// A real unified kernel image, as its stub measured it.
TEST(AppraisalPolicy, JudgesTheSectionsOfARecordedImage) {
  const MachineState machine = machine_of("ukisb");
  ASSERT_TRUE(machine.uki);
  ASSERT_TRUE(machine.efi);
  std::string rules =
      "evidence.allow_emulated = true\nevidence.allow_operator_trust = true\napplications.exactly "
      "= [[";
  for (const Digest& d : machine.efi->applications) rules += '"' + show(d) + "\", ";
  rules += "]]\n[uki.sections]\n";
  for (const UkiState::Section& s : machine.uki->sections)
    rules += "\"" + s.name + "\" = [\"" + show(s.digest) + "\"]\n";
  const AppraisalPolicy policy = policy_of(rules);
  EXPECT_THAT(refusals(policy.appraise_machine(machine)), ElementsAre(kNonceRule));
  EXPECT_FALSE(policy.appraise_machine(machine_of("sb")).accepted());
  MachineState changed = machine;
  changed.uki->sections[0].digest.writable()[0] ^= 1;
  EXPECT_THAT(refusals(policy.appraise_machine(changed)),
              ElementsAre(kNonceRule, "policy.uki.section/" + machine.uki->sections[0].name));
  // The same sections, extended by root where GRUB started another kernel.
  MachineState pretended = machine;
  pretended.grub = machine_of("sb").grub;
  EXPECT_THAT(refusals(policy.appraise_machine(pretended)),
              ElementsAre(kNonceRule, "policy.kernel.grub_files", "policy.uki.loader"));
  pretended.grub->files.clear();
  EXPECT_THAT(refusals(policy.appraise_machine(pretended)),
              ElementsAre(kNonceRule, "policy.uki.loader"));
}

TEST(CommandLineTokens, AreThoseOfTheKernel) {
  EXPECT_THAT(command_line_tokens("a  b=c\t\"d e\" f=\"g h\" my-mod.a-b=x-y \n"),
              ElementsAre("a", "b=c", "d e", "f=g h", "my_mod.a_b=x-y"));
  EXPECT_THAT(command_line_tokens(""), IsEmpty());
  EXPECT_TRUE(mentions("ro \"init=/bin/sh\"", "init=*"));
  EXPECT_TRUE(mentions("ro init=\"/bin/sh\"", "init=/bin/sh"));
  EXPECT_TRUE(mentions("systemd.debug_shell", "systemd.debug-shell"));
  EXPECT_FALSE(mentions("noinit=1", "init=*"));
  EXPECT_FALSE(mentions("initrd=x", "init=*"));
  EXPECT_TRUE(mentions("quiet", "*"));
}

TEST(CommandLineTokens, AreFoundHoweverTheyAreHidden) {
  EXPECT_TRUE(mentions("ro 'systemd.debug-shell'", "systemd.debug-shell"));
  EXPECT_TRUE(mentions("ro systemd.debug\\-shell", "systemd.debug-shell"));
  EXPECT_TRUE(mentions("ro -- init=/bin/sh", "init=*"));
  EXPECT_TRUE(mentions("\"a init=x\"", "init=x"));
  EXPECT_FALSE(is_printable("quiet=\xC2\xA0init=/bin/sh"));
  EXPECT_FALSE(is_printable("ro\tinit=/bin/sh"));
  EXPECT_TRUE(is_printable("ro init=/sbin/init"));
}

TEST(CommandLineTokens, AreSetOnlyWhereTheKernelTakesThem) {
  EXPECT_TRUE(sets("ro lockdown=confidentiality", "lockdown=confidentiality"));
  EXPECT_TRUE(sets("ro lockdown=none lockdown=confidentiality", "lockdown=*"));
  EXPECT_TRUE(sets("ro", "ro"));
  EXPECT_FALSE(sets("ro -- lockdown=confidentiality", "lockdown=confidentiality"));
  EXPECT_FALSE(sets("lockdown=confidentiality lockdown=none", "lockdown=confidentiality"));
  EXPECT_FALSE(sets("'lockdown=confidentiality'", "lockdown=confidentiality"));
}

}  // namespace
}  // namespace assay
