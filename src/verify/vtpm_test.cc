// SPDX-License-Identifier: Apache-2.0
#include "verify/vtpm.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <functional>

#include "base/hex.h"
#include "verify/cel_log_writer.h"
#include "verify/recorded_attestation.h"

namespace assay {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;
using testing::StartsWith;

#define RECORDED_OR_SKIP()                                      \
  const auto recorded = recorded_attestation();                 \
  if (!recorded) GTEST_SKIP() << "no corpus: set ASSAY_CORPUS"; \
  const Attestation& original = *recorded

std::vector<std::string> hex_of(const std::vector<Digest>& digests) {
  std::vector<std::string> out;
  for (const Digest& d : digests) out.push_back(hex(d.bytes()));
  return out;
}

TEST(AuthenticateVtpm, AcceptsTheAttestationOfARealGoogleSevMachine) {
  RECORDED_OR_SKIP();
  const VtpmOutcome outcome = verify_recorded(original);
  for (const Check& c : outcome.verdict.checks()) {
    if (c.verdict == CheckVerdict::fail || c.verdict == CheckVerdict::not_checked)
      ADD_FAILURE() << c.id << ": expected " << c.expected << ", got " << c.got;
  }
  ASSERT_TRUE(outcome.claims.has_value());
  EXPECT_TRUE(outcome.verdict.accepted());
  const VtpmClaims& claims = **outcome.claims;
  EXPECT_EQ(claims.machine.bank, HashAlgorithm::sha384);
  EXPECT_EQ(claims.provenance, Provenance::google);
  EXPECT_EQ(claims.clock.reset_count, 10u);
  EXPECT_EQ(claims.clock.restart_count, 0u);
  EXPECT_TRUE(claims.clock.safe);
  EXPECT_EQ(claims.firmware_version, 0x2016051100162800u);
  EXPECT_EQ(claims.pcrs.size(), 3u);
  EXPECT_THAT(claims.ak_issuer,
              HasSubstr("tpm_ek_v1_cloud_host-signer-0-2020-10-22T14:02:08-07:00"));
}

TEST(AuthenticateVtpm, ReadsThePlatformOfTheRealMachine) {
  RECORDED_OR_SKIP();
  const auto outcome = verify_recorded(original);
  ASSERT_TRUE(outcome.claims.has_value());
  const VtpmClaims& claims = **outcome.claims;
  EXPECT_EQ(claims.machine.platform.gce_firmware_version, 1u);
  EXPECT_EQ(name_of(claims.machine.platform.technology), "AMD_SEV");
  EXPECT_EQ(claims.instance, (GceInstance{"us-central1-a", "google.com:wuale-gcp-testing",
                                          117478743145u, "cos-test", 0x5E53E3FBBF8306C5u}));
}

TEST(AuthenticateVtpm, ReadsSecureBootOfTheRealMachine) {
  RECORDED_OR_SKIP();
  const auto outcome = verify_recorded(original);
  ASSERT_TRUE(outcome.claims.has_value());
  const SecureBootState& state = (**outcome.claims).machine.secure_boot;
  EXPECT_EQ(state.enabled, true);
  EXPECT_EQ(state.pk.certificates.size(), 1u);
  EXPECT_EQ(state.kek.certificates.size(), 1u);
  EXPECT_EQ(state.db.certificates.size(), 1u);
  EXPECT_EQ(state.dbx.certificates.size(), 4u);
  EXPECT_THAT(state.dbx.hashes, IsEmpty());
  EXPECT_EQ(state.authority.certificates.size(), 3u);
  EXPECT_FALSE(state.dma_protection_disabled);
}

// Expected values: go-tpm-tools' tests, SHA-384 computed independently from the same log.
TEST(AuthenticateVtpm, ReadsWhatTheRealMachineBooted) {
  RECORDED_OR_SKIP();
  const auto outcome = verify_recorded(original);
  ASSERT_TRUE(outcome.claims.has_value());
  const MachineState& machine = (**outcome.claims).machine;
  ASSERT_TRUE(machine.efi.has_value());
  EXPECT_THAT(
      hex_of(machine.efi->applications),
      ElementsAre("778bd7d6385d8ca0da5e504e3e554b67d98d9a712d957cb4cbb4d9b2e66ca96e31ddc18680af02"
                  "b03a3a8a1b08da6aca",
                  "d014c8c69b17ceb0f46be22b928f52684e717f40288246a61dadba00b1368c883cdde4e98762cc"
                  "6788d94d0bcbd3f7ca",
                  "ff8ff1db8fc98d02d944a90c58103b1b2ad3ba893ba4f302a006a572951491622341bb9387de20"
                  "dd072cb8b6b3583cd0"));
  EXPECT_THAT(machine.efi->boot_services_drivers, IsEmpty());
  ASSERT_TRUE(machine.grub.has_value());
  EXPECT_EQ(machine.grub->commands.size(), 15u);
  EXPECT_EQ(machine.grub->commands.front(), "grub_cmd: defaultA=2");
  ASSERT_EQ(machine.grub->files.size(), 1u);
  EXPECT_EQ(machine.grub->files[0].untrusted_name, "/syslinux/vmlinuz.A");
  ASSERT_TRUE(machine.kernel_command_line.has_value());
  EXPECT_THAT(*machine.kernel_command_line,
              StartsWith("/syslinux/vmlinuz.A init=/usr/lib/systemd/systemd boot=local rootwait ro "
                         "noresume noswap loglevel=7 noinitrd console=ttyS0 security=apparmor"));
  EXPECT_THAT(*machine.kernel_command_line,
              HasSubstr("795872ee03859c10dfcc4d67b4b96c85094b340c2d8784783abc2fa12a6ed671"));
  EXPECT_EQ(machine.kernel_command_line->find('\0'), std::string::npos);
  EXPECT_EQ(machine.events.size(), 44u);
}

TEST(AuthenticateVtpm, QuotesThePcrsOfTheRealMachineInEveryBank) {
  RECORDED_OR_SKIP();
  const auto outcome = verify_recorded(original);
  ASSERT_TRUE(outcome.claims.has_value());
  const std::pair<std::size_t, const char*> expected[] = {
      {0, "0f35c214608d93c7a6e68ae7359b4a8be5a0e99eea9107ece427c4dea4e439cf"},
      {4, "d690bdac2aa8b73a1d718cb91990df07d0747b07ea57b3b2d0f0d511f0d90491"},
      {5, "158cd54b4f5f440d1a4da99da68fce2b1576eb8e2f18af2c3d9f96463f28d04e"},
      {7, "3365d7fa2b024c852913c06e04ffbfa6ea5289f743bbf1a76f7ffdf21ed84793"},
      {8, "9e9b6511ae6ad443aae4c7bf998ffffbcd271c874f1efab9d692f129eb6e6c18"},
      {9, "e01c8cf808763422c5ede2cdb34595b92bd7d06b8bbd6014b54d2e95b14b0963"},
      {10, "63b093fd26fd34dc09ec621ff349f1053145d559422f11dbce734b3b00b5d673"}};
  const PcrValues& sha256 = (**outcome.claims).pcrs.at(1);
  ASSERT_EQ(sha256.bank, HashAlgorithm::sha256);
  for (const auto& [pcr, value] : expected) {
    ASSERT_TRUE(sha256.values[pcr].has_value());
    EXPECT_EQ(hex(sha256.values[pcr]->bytes()), value) << "PCR " << pcr;
  }
}

TEST(AuthenticateVtpm, SaysWhichPcrsTheLogDoesNotExplain) {
  RECORDED_OR_SKIP();
  const auto outcome = verify_recorded(original);
  for (const Check& c : outcome.verdict.checks()) {
    if (!c.id.view().starts_with("eventlog.pcrs.explained/")) continue;
    EXPECT_EQ(c.verdict, CheckVerdict::absent);
    EXPECT_THAT(c.got, StartsWith("PCR 10: "));
  }
}

/// What the verifier is told besides the evidence.
struct Asked {
  Buffer nonce = kRecordedNonce;
  std::string now = "2023-01-01T00:00:00Z";
  bool trusting = true;
};

VtpmOutcome verify(const Attestation& attestation, const Asked& asked) {
  static const Trust kNobody;
  return authenticate_vtpm(attestation, {asked.trusting ? google_trust() : kNobody, asked.nonce,
                                         *parse_rfc3339("test", asked.now)});
}

struct Twin {
  const char* name;
  std::function<void(Attestation&, Asked&)> change;
  std::string first_failure;
};

/// Flips a bit of the byte in the middle.
void flip_middle(Buffer& bytes) { bytes.at(bytes.size() / 2) ^= 0x01; }

const Twin kTwins[] = {
    {"another nonce", [](Attestation&, Asked& a) { a.nonce = {0x90, 0x08}; },
     "tpm.quote.nonce/sha1"},
    {"a longer nonce", [](Attestation&, Asked& a) { a.nonce = {0x90, 0x09, 0x00}; },
     "tpm.quote.nonce/sha1"},
    {"no nonce", [](Attestation&, Asked& a) { a.nonce = {}; }, "tpm.quote.nonce/sha1"},
    {"nobody trusted", [](Attestation&, Asked& a) { a.trusting = false; }, "ak.certificate.chain"},
    {"before the certificate", [](Attestation&, Asked& a) { a.now = "2019-01-01T00:00:00Z"; },
     "ak.certificate.validity"},
    {"after the certificate", [](Attestation&, Asked& a) { a.now = "2200-01-01T00:00:00Z"; },
     "ak.certificate.validity"},
    {"a byte of the SHA-1 quote", [](Attestation& e, Asked&) { flip_middle(e.quotes[0].attest); },
     "tpm.quote.signature/sha1"},
    {"a byte of the SHA-256 quote", [](Attestation& e, Asked&) { flip_middle(e.quotes[1].attest); },
     "tpm.quote.signature/sha256"},
    {"a byte of the SHA-384 quote", [](Attestation& e, Asked&) { flip_middle(e.quotes[2].attest); },
     "tpm.quote.signature/sha384"},
    {"a byte of the SHA-1 quote's signature",
     [](Attestation& e, Asked&) { flip_middle(e.quotes[0].signature); },
     "tpm.quote.signature/sha1"},
    {"a byte of the SHA-256 quote's signature",
     [](Attestation& e, Asked&) { flip_middle(e.quotes[1].signature); },
     "tpm.quote.signature/sha256"},
    {"a byte of the SHA-384 quote's signature",
     [](Attestation& e, Asked&) { flip_middle(e.quotes[2].signature); },
     "tpm.quote.signature/sha384"},
    {"a signature with SHA-1", [](Attestation& e, Asked&) { e.quotes[1].signature[3] = 0x04; },
     "tpm.quote.scheme/sha256"},
    {"a PCR left out", [](Attestation& e, Asked&) { e.quotes[1].pcrs.values[16].reset(); },
     "tpm.quote.selection/sha256"},
    {"PCR 7 left out", [](Attestation& e, Asked&) { e.quotes[1].pcrs.values[7].reset(); },
     "tpm.quote.selection/sha256"},
    {"two quotes exchanged",
     [](Attestation& e, Asked&) { std::swap(e.quotes[0].attest, e.quotes[1].attest); },
     "tpm.quote.signature/sha1"},
    {"two quotes exchanged with their signatures",
     [](Attestation& e, Asked&) { std::swap(e.quotes[0].pcrs, e.quotes[1].pcrs); },
     "tpm.quote.selection/sha256"},
    {"a bank twice", [](Attestation& e, Asked&) { e.quotes.push_back(e.quotes[1]); },
     "tpm.quotes.banks"},
    {"no quote", [](Attestation& e, Asked&) { e.quotes.clear(); }, "tpm.quotes.present"},
    {"the SHA-1 quote alone", [](Attestation& e, Asked&) { e.quotes.resize(1); },
     "tpm.quotes.strength"},
    {"no event log", [](Attestation& e, Asked&) { e.event_log.clear(); }, "eventlog.log.present"},
    {"a log cut short", [](Attestation& e, Asked&) { e.event_log.pop_back(); },
     "eventlog.log.format"},
    {"a log with a byte more", [](Attestation& e, Asked&) { e.event_log.push_back(0); },
     "eventlog.log.format"},
    // That byte is data of the last event, which other tools do not hold against its digest.
    {"the last byte of the log", [](Attestation& e, Asked&) { e.event_log.back() ^= 0x01; },
     "eventlog.data.measured/sha384"},
    {"no AK certificate", [](Attestation& e, Asked&) { e.ak_cert.clear(); },
     "ak.certificate.present"},
    {"a cut AK certificate", [](Attestation& e, Asked&) { e.ak_cert.pop_back(); },
     "ak.certificate.format"},
    {"a byte of the AK certificate's signature",
     [](Attestation& e, Asked&) { e.ak_cert.back() ^= 0x01; }, "ak.certificate.chain"},
    {"another ak_pub", [](Attestation& e, Asked&) { e.ak_pub.back() ^= 0x02; },
     "ak.public.matches"},
    {"an ak_pub that is not restricted", [](Attestation& e, Asked&) { e.ak_pub.at(5) ^= 0x01; },
     "ak.public.restricted"},
    {"half an ak_pub", [](Attestation& e, Asked&) { e.ak_pub.resize(100); }, "ak.public.format"},
    {"evidence of the CPU, which is not judged",
     [](Attestation& e, Asked&) { e.tee_evidence = "sev_snp_attestation"; }, "tee.evidence.judged"},
    {"a canonical event log that is none",
     [](Attestation& e, Asked&) { e.canonical_event_log = {1}; }, "cel.log.format"},
    {"a canonical event log that no quote covers",
     [](Attestation& e, Asked&) {
       e.canonical_event_log = cos_log({{CosEventType::image_reference, "r"}});
     },
     "cel.pcrs.replayed/sha1"},
};

TEST(AuthenticateVtpm, RejectsEachTwinByItsCheck) {
  RECORDED_OR_SKIP();
  for (const Twin& twin : kTwins) {
    SCOPED_TRACE(twin.name);
    Attestation attestation = original;
    Asked asked;
    twin.change(attestation, asked);
    const VtpmOutcome outcome = verify(attestation, asked);
    EXPECT_FALSE(outcome.verdict.accepted());
    EXPECT_FALSE(outcome.claims.has_value());
    const Check* first = outcome.verdict.first_failure();
    ASSERT_NE(first, nullptr);
    EXPECT_EQ(first->id, twin.first_failure) << "got " << first->got;
    EXPECT_FALSE(first->hint.empty()) << "a refusal without advice";
  }
}

TEST(AuthenticateVtpm, EveryFailureHasAHintAndNoPassHas) {
  RECORDED_OR_SKIP();
  for (const Twin& twin : kTwins) {
    SCOPED_TRACE(twin.name);
    Attestation attestation = original;
    Asked asked;
    twin.change(attestation, asked);
    const VtpmOutcome outcome = verify(attestation, asked);
    for (const Check& c : outcome.verdict.checks()) {
      if (c.verdict == CheckVerdict::fail || c.verdict == CheckVerdict::pass) {
        EXPECT_EQ(c.hint.empty(), c.verdict == CheckVerdict::pass) << c.id;
      }
    }
  }
}

TEST(AuthenticateVtpm, AcceptsTheBanksBetterThanSha1Alone) {
  RECORDED_OR_SKIP();
  for (const std::size_t left_out : {0u, 1u, 2u}) {
    Attestation attestation = original;
    attestation.quotes.erase(attestation.quotes.begin() + static_cast<std::ptrdiff_t>(left_out));
    const VtpmOutcome outcome = verify_recorded(attestation);
    EXPECT_THAT(refusals(outcome.verdict), IsEmpty());
    ASSERT_TRUE(outcome.claims.has_value());
    EXPECT_EQ((*outcome.claims)->machine.bank,
              left_out == 2 ? HashAlgorithm::sha256 : HashAlgorithm::sha384);
  }
}

TEST(AuthenticateVtpm, AcceptsSha1AloneOnlyWhereItIsAllowedByName) {
  RECORDED_OR_SKIP();
  Attestation attestation = original;
  std::erase_if(attestation.quotes,
                [](const Quote& q) { return q.pcrs.bank != HashAlgorithm::sha1; });
  ASSERT_EQ(attestation.quotes.size(), 1U);
  for (const Sha1 sha1 : {Sha1::refused, Sha1::allowed}) {
    const VtpmOutcome outcome = authenticate_vtpm(
        attestation,
        {.trust = google_trust(), .nonce = kRecordedNonce, .now = in_2023(), .sha1 = sha1});
    const bool allowed = sha1 == Sha1::allowed;
    EXPECT_EQ(outcome.claims.has_value(), allowed);
    EXPECT_THAT(refusals(outcome.verdict), allowed
                                               ? std::vector<std::string>{}
                                               : std::vector<std::string>{"tpm.quotes.strength"});
    if (allowed) EXPECT_EQ((*outcome.claims)->machine.bank, HashAlgorithm::sha1);
  }
}

TEST(AuthenticateVtpm, AcceptsWithoutAkPubAsServicesSendIt) {
  RECORDED_OR_SKIP();
  Attestation attestation = original;
  attestation.ak_pub.clear();
  const VtpmOutcome outcome = verify_recorded(attestation);
  EXPECT_TRUE(outcome.verdict.accepted());
}

TEST(AuthenticateVtpm, RejectsAFlippedByteOfEveryPcrValueByTheQuote) {
  RECORDED_OR_SKIP();
  for (std::size_t quote = 0; quote < original.quotes.size(); ++quote) {
    for (std::size_t pcr = 0; pcr < kPcrCount; ++pcr) {
      Attestation attestation = original;
      PcrValues& pcrs = attestation.quotes[quote].pcrs;
      pcrs.values[pcr]->writable()[pcr % 20] ^= 0x10;
      const VtpmOutcome outcome = verify_recorded(attestation);
      const std::string bank(name_of(pcrs.bank));
      EXPECT_THAT(failures(outcome.verdict), Contains("tpm.quote.pcrs/" + bank)) << "PCR " << pcr;
      EXPECT_FALSE(outcome.claims.has_value());
    }
  }
}

TEST(AuthenticateVtpm, AsksTheLogQuestionsOfEveryBank) {
  RECORDED_OR_SKIP();
  const VtpmOutcome outcome = verify_recorded(original);
  std::vector<std::string> ids;
  for (const Check& c : outcome.verdict.checks()) ids.push_back(c.id);
  for (const char* bank : {"sha1", "sha256", "sha384"}) {
    for (const char* id : {"tpm.quote.signature", "tpm.quote.nonce", "eventlog.data.measured",
                           "eventlog.digests.present", "eventlog.pcrs.replayed"})
      EXPECT_THAT(ids, Contains(fmt::format("{}/{}", id, bank)));
  }
}

/// Quotes that a guest's TPM made inside a recorded boot, signed by a key that nobody certified.
Attestation attestation_of_boot(const std::string& boot, const std::string& algorithm) {
  Attestation out;
  const Buffer tpm2b = boot_file(boot + "/ak" + algorithm + ".tpm2b");
  out.ak_pub.assign(tpm2b.begin() + 2, tpm2b.end());
  out.event_log = boot_file(boot + "/binary_bios_measurements");
  const Buffer values = boot_file(boot + "/pcrs.bin");
  std::size_t at = 0;
  for (const HashAlgorithm bank :
       {HashAlgorithm::sha1, HashAlgorithm::sha256, HashAlgorithm::sha384}) {
    const std::string quote = fmt::format("{}/quote.{}.{}", boot, algorithm, name_of(bank));
    Quote q{boot_file(quote + ".msg"), boot_file(quote + ".sig"), {bank, {}}};
    for (auto& value : q.pcrs.values) {
      value = Digest(bank, Bytes(values).subspan(at, digest_size(bank)));
      at += digest_size(bank);
    }
    out.quotes.push_back(std::move(q));
  }
  return out;
}

const Buffer kBootNonce = *parse_hex("nonce", "6c61622d6e6f6e63652d303132333435");

TEST(CheckAgainstOwnKey, AcceptsRecordedBootsWithRsaAndEcc) {
  for (const char* boot : {"nosb", "sb", "sbfull", "uki", "ukisb"}) {
    for (const char* algorithm : {"rsa", "ecc"}) {
      SCOPED_TRACE(fmt::format("{} {}", boot, algorithm));
      const auto outcome = check_against_own_key(attestation_of_boot(boot, algorithm), kBootNonce);
      EXPECT_THAT(refusals(outcome.verdict), IsEmpty());
      EXPECT_TRUE(outcome.claims.has_value());
    }
  }
}

TEST(CheckAgainstOwnKey, RejectsAnotherNonceAndAnEmptyOne) {
  const Attestation attestation = attestation_of_boot("sb", "ecc");
  for (const Buffer& nonce : {Buffer{1, 2}, Buffer{}}) {
    const auto outcome = check_against_own_key(attestation, nonce);
    EXPECT_FALSE(outcome.claims.has_value());
    EXPECT_EQ(outcome.verdict.first_failure()->id, "tpm.quote.nonce/sha1");
  }
}

TEST(CheckAgainstOwnKey, RejectsAQuoteWithoutARegisterThatTheLogExtends) {
  for (std::uint32_t pcr = 0; pcr <= 9; ++pcr) {
    SCOPED_TRACE(pcr);
    Attestation attestation = attestation_of_boot("sb", "rsa");
    ASSERT_EQ(attestation.quotes.at(1).pcrs.bank, HashAlgorithm::sha256);
    attestation.quotes[1].pcrs.values[pcr].reset();
    const auto outcome = check_against_own_key(attestation, kBootNonce);
    EXPECT_FALSE(outcome.claims.has_value());
    EXPECT_THAT(failures(outcome.verdict),
                IsSupersetOf({"tpm.quote.coverage/sha256", "eventlog.pcrs.quoted/sha256"}));
  }
}

TEST(CheckAgainstOwnKey, TellsABootWithoutALogWhatToDo) {
  const auto outcome = check_against_own_key(attestation_of_boot("nosblegacy", "rsa"), kBootNonce);
  ASSERT_NE(outcome.verdict.first_failure(), nullptr);
  EXPECT_EQ(outcome.verdict.first_failure()->id, "eventlog.log.present");
  EXPECT_THAT(outcome.verdict.first_failure()->hint, HasSubstr("EFI stub"));
}

TEST(AuthenticateVtpm, AcceptsNothingFromAKeyThatNobodyCertified) {
  const Attestation attestation = attestation_of_boot("sb", "rsa");
  const auto outcome = authenticate_vtpm(attestation, {google_trust(), kBootNonce, in_2023()});
  EXPECT_FALSE(outcome.claims.has_value());
  EXPECT_EQ(outcome.verdict.first_failure()->id, "ak.certificate.present");
}

TEST(VtpmClaimsJson, HoldsWhatAPolicyOrAPersonAsksFor) {
  RECORDED_OR_SKIP();
  const auto outcome = verify_recorded(original);
  ASSERT_TRUE(outcome.claims.has_value());
  const json::object claims = to_json(**outcome.claims);
  EXPECT_EQ(claims.at("platform").at("technology"), "AMD_SEV");
  EXPECT_EQ(claims.at("platform").at("gce_firmware_version"), 1);
  EXPECT_EQ(claims.at("secure_boot").at("enabled"), true);
  EXPECT_EQ(claims.at("efi").at("applications").as_array().size(), 3u);
  EXPECT_EQ(claims.at("instance").at("instance_id"), "6797026933021542085");
  EXPECT_EQ(claims.at("instance").at("project_number"), "117478743145");
  EXPECT_EQ(claims.at("bank"), "sha384");
  EXPECT_EQ(claims.at("pcrs").as_object().size(), 3u);
  EXPECT_EQ(claims.at("emulated"), false);
  EXPECT_EQ(claims.at("provenance"), "google");
}

}  // namespace
}  // namespace assay
