// SPDX-License-Identifier: Apache-2.0
#include "emulator/virtual_vm.h"

#include <gtest/gtest.h>

#include "base/hex.h"
#include "collateral/trust.h"
#include "collect/attester.h"
#include "crypto/certificate.h"
#include "crypto/hash.h"
#include "emulator/measured_boot.h"
#include "formats/event_log.h"
#include "formats/tpm.h"
#include "host/file.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

const fs::path kBoots = ASSAY_SOURCE_DIR "/tests/boots";
const Buffer kNonce = to_buffer(as_bytes("a nonce of 16 B."));

struct VirtualVmTest : testing::Test {
  void SetUp() override {
    auto made = TemporaryDirectory::make();
    ASSERT_TRUE(made);
    directory.emplace(std::move(*made));
  }
  [[nodiscard]] VirtualVmOptions options() const {
    VirtualVmOptions out;
    out.state = directory->path() / "vm";
    return out;
  }
  [[nodiscard]] static std::unique_ptr<VirtualVm> started(const VirtualVmOptions& with) {
    auto vm = VirtualVm::start(with);
    EXPECT_TRUE(vm) << to_string(vm.error());
    return vm ? std::move(*vm) : nullptr;
  }
  [[nodiscard]] static Attestation attested(const VirtualVm& vm, KeyAlgorithm algorithm) {
    auto tpm = Tpm::open(Tcti::over(vm.tpm()));
    EXPECT_TRUE(tpm) << to_string(tpm.error());
    const auto http = make_http_client();
    auto evidence =
        collect_attestation(*tpm, {.nonce = kNonce,
                                   .key = AttestationKeyChoice::google,
                                   .algorithm = algorithm,
                                   .event_log = *read_file(vm.event_log(), kMaxEventLog),
                                   .http = http.get()});
    EXPECT_TRUE(evidence) << to_string(evidence.error());
    return evidence ? std::move(*evidence) : Attestation{};
  }
  std::optional<TemporaryDirectory> directory;
};

/// The PCR values an event log leads to, computed here from its digests alone.
PcrValues replayed(Bytes log, HashAlgorithm bank) {
  PcrValues out{bank, {}};
  const auto parsed = parse_event_log(log);
  EXPECT_TRUE(parsed);
  for (const Event& event : parsed->events) {
    if (event.type == EventType::no_action) continue;
    auto& pcr = out.values[event.pcr];
    if (!pcr) pcr = Digest(bank);
    extend(*pcr, Digest(bank, *event.digest(bank)));
  }
  return out;
}

void expect_log_explains(const Attestation& evidence) {
  ASSERT_EQ(evidence.quotes.size(), 3U);
  for (const Quote& quote : evidence.quotes) {
    const PcrValues expected = replayed(evidence.event_log, quote.pcrs.bank);
    for (std::size_t pcr = 0; pcr < 16; ++pcr) {
      if (!expected.values[pcr]) continue;
      EXPECT_EQ(quote.pcrs.values[pcr], expected.values[pcr])
          << "PCR " << pcr << " " << name_of(quote.pcrs.bank);
    }
    const auto attest = parse_quote_attest(quote.attest);
    ASSERT_TRUE(attest);
    EXPECT_EQ(attest->extra_data, kNonce);
  }
}

TEST_F(VirtualVmTest, AttestsWithGooglesKeysUnderItsOwnTrust) {
  const auto vm = started(options());
  ASSERT_TRUE(vm);
  const auto trust_file = read_file(vm->trust(), 1 << 20);
  const auto trust = parse_trust("trust.json", as_text(*trust_file));
  ASSERT_TRUE(trust) << to_string(trust.error());
  EXPECT_TRUE(trust->emulated());
  ASSERT_EQ(trust->anchors.size(), 2U);  // gotpm attest sends no intermediate, so it is one too
  for (const KeyAlgorithm algorithm : {KeyAlgorithm::rsa, KeyAlgorithm::ecc}) {
    const Attestation evidence = attested(*vm, algorithm);
    expect_log_explains(evidence);
    ASSERT_EQ(evidence.intermediates.size(), 1U);
    const auto leaf = Certificate::from_der(evidence.ak_cert);
    const auto issuer = Certificate::from_der(evidence.intermediates[0]);
    ASSERT_TRUE(leaf && issuer);
    EXPECT_TRUE(leaf->signed_by(*issuer->public_key()));
    EXPECT_TRUE(issuer->signed_by(trust->anchors[0].key));
    EXPECT_EQ(issuer->issuer(), trust->anchors[0].name);
    const auto instance = parse_gce_instance_extension(*leaf->extension(kGceInstanceOid));
    ASSERT_TRUE(instance);
    EXPECT_EQ(instance->instance, vm->instance());
    // The certificate is for the key that signed.
    const auto area = parse_tpm_public(evidence.ak_pub);
    const auto key = algorithm == KeyAlgorithm::rsa
                         ? PublicKey::from_rsa(area->modulus, area->exponent)
                         : PublicKey::from_ec(KeyType::ec_p256, area->x, area->y);
    EXPECT_EQ(*leaf->public_key(), *key);
  }
}

TEST_F(VirtualVmTest, IsTheSameVmAtTheNextStart) {
  auto vm = started(options());
  ASSERT_TRUE(vm);
  const Attestation first = attested(*vm, KeyAlgorithm::ecc);
  const GceInstance instance = vm->instance();
  const Buffer trust = *read_file(vm->trust(), 1 << 20);
  const std::string metadata_host = vm->metadata_host();
  vm.reset();
  vm = started(options());
  ASSERT_TRUE(vm);
  const Attestation second = attested(*vm, KeyAlgorithm::ecc);
  EXPECT_EQ(vm->instance(), instance);
  EXPECT_EQ(*read_file(vm->trust(), 1 << 20), trust);
  EXPECT_EQ(hex(second.ak_pub), hex(first.ak_pub));
  EXPECT_EQ(hex(second.event_log), hex(first.event_log));
  // The port is the last start's unless someone took it: then the certificate names the new one.
  if (vm->metadata_host() == metadata_host) {
    EXPECT_EQ(hex(second.ak_cert), hex(first.ak_cert));
  }
}

TEST_F(VirtualVmTest, ReissuesTheCertificateWhenItsAddressMoves) {
  auto vm = started(options());
  ASSERT_TRUE(vm);
  const Attestation first = attested(*vm, KeyAlgorithm::ecc);
  vm.reset();
  fs::remove(options().state / "metadata.port");
  VirtualVmOptions moved = options();
  moved.listen = "127.0.0.2:0";
  vm = started(moved);
  ASSERT_TRUE(vm);
  const Attestation second = attested(*vm, KeyAlgorithm::ecc);  // fetches the issuer from there
  EXPECT_EQ(hex(second.ak_pub), hex(first.ak_pub));
  EXPECT_NE(hex(second.ak_cert), hex(first.ak_cert));
  EXPECT_EQ(second.intermediates, first.intermediates);
}

TEST_F(VirtualVmTest, LivesARecordedBootAgain) {
  for (const char* name : {"nosb", "sb", "sbfull", "uki", "ukisb"}) {
    SCOPED_TRACE(name);
    VirtualVmOptions with = options();
    with.boot = kBoots / name;
    const auto vm = started(with);
    ASSERT_TRUE(vm);
    expect_log_explains(attested(*vm, KeyAlgorithm::ecc));
  }
}

TEST_F(VirtualVmTest, SaysThatABootWithoutLogCannotBeLivedAgain) {
  VirtualVmOptions with = options();
  with.boot = kBoots / "nosblegacy";
  const auto vm = VirtualVm::start(with);
  ASSERT_FALSE(vm);
  EXPECT_EQ(vm.error().fault, Fault::unavailable);
  EXPECT_NE(vm.error().why.find("EFI stub"), std::string::npos);
}

TEST_F(VirtualVmTest, MeasuresTheTechnologyAskedFor) {
  struct Case {
    ConfidentialTechnology technology;
    std::uint8_t byte;
  };
  // GCE's values: event-log.md of the specifications, and go-eventlog's table.
  const Case cases[] = {{ConfidentialTechnology::amd_sev, 1},
                        {ConfidentialTechnology::amd_sev_snp, 4},
                        {ConfidentialTechnology::intel_tdx, 3}};
  for (const Case& c : cases) {
    VirtualVmOptions with = options();
    with.technology = c.technology;
    const auto vm = started(with);
    ASSERT_TRUE(vm);
    const Buffer log = *read_file(vm->event_log(), kMaxEventLog);
    const auto parsed = parse_event_log(log);
    ASSERT_TRUE(parsed);
    const Event& event = parsed->events[1];
    EXPECT_EQ(event.type, EventType::nonhost_info);
    EXPECT_EQ(as_text(event.data.first(15)), "GCE NonHostInfo");
    EXPECT_EQ(event.data[16], c.byte);
    EXPECT_TRUE(equal(*event.digest(HashAlgorithm::sha256),
                      hash(HashAlgorithm::sha256, event.data).bytes()));
  }
}

TEST_F(VirtualVmTest, RunsOnceForAState) {
  const auto vm = started(options());
  ASSERT_TRUE(vm);
  const auto second = VirtualVm::start(options());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().fault, Fault::unavailable);
  EXPECT_NE(second.error().why.find("another `assay emulate`"), std::string::npos);
}

TEST_F(VirtualVmTest, LocksThePlatformHierarchyBeforeTheSystemStarts) {
  const auto vm = started(options());
  ASSERT_TRUE(vm);
  auto tpm = Tpm::open(Tcti::over(vm->tpm()));
  ASSERT_TRUE(tpm);
  EXPECT_FALSE(tpm->write_platform_nv(0x01C10000, kProviderNvAttributes, Buffer(3)));
}

TEST_F(VirtualVmTest, ServesItsSocketUnderAStateWithALongPath) {
  VirtualVmOptions with = options();
  with.state = directory->path() / std::string(120, 'x');
  const auto vm = started(with);
  ASSERT_TRUE(vm);
  EXPECT_LE(vm->tpm_socket().native().size(), 107U);
  auto tcti = Tcti::open_path(vm->tpm_socket());
  ASSERT_TRUE(tcti);
  EXPECT_TRUE(Tpm::open(std::move(*tcti)));
}

TEST_F(VirtualVmTest, KeepsItsStateFromOthers) {
  const auto vm = started(options());
  ASSERT_TRUE(vm);
  EXPECT_EQ(fs::status(options().state).permissions(), fs::perms::owner_all);
  const auto owner = fs::perms::owner_read | fs::perms::owner_write;
  for (const char* name :
       {"tpm.state", "token.key", "ca/root.key", "ca/intermediate.key", "trust.json", "tpm.sock"}) {
    EXPECT_EQ(fs::status(options().state / name).permissions(), owner) << name;
  }
}

TEST_F(VirtualVmTest, ATpmThatOutlivesItsVmKeepsNothing) {
  auto vm = started(options());
  ASSERT_NE(vm, nullptr);
  const std::shared_ptr<TpmChannel> tpm = vm->tpm();
  vm.reset();
  const Buffer before = *read_file(options().state / "tpm.state", 1 << 20);
  const auto answer = tpm->execute(*parse_hex("TPM2_Shutdown(CLEAR)", "80010000000c000001450000"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(to_string(answer.error()), "virtual TPM: its VM is off");
  EXPECT_EQ(*read_file(options().state / "tpm.state", 1 << 20), before);
}

/// TPM2_Shutdown(CLEAR): changes the TPM's memory.
const Buffer kShutdown = *parse_hex("TPM2_Shutdown(CLEAR)", "80010000000c000001450000");

/// Puts something there that no write replaces, whoever writes.
void make_unwritable(const fs::path& file) {
  fs::remove(file);
  fs::create_directory(file);
}

TEST_F(VirtualVmTest, TellsOnceThatItsMemoryIsNotKept) {
  std::vector<Error> told;
  VirtualVmOptions with = options();
  with.state_not_kept = [&told](const Error& error) { told.push_back(error); };
  const auto vm = started(with);
  ASSERT_TRUE(vm);
  const fs::path file = with.state / "tpm.state";
  make_unwritable(file);
  // A TPM is never ahead of its file: the command fails, and so does the next.
  EXPECT_FALSE(vm->tpm()->execute(kShutdown));
  EXPECT_FALSE(vm->tpm()->execute(kShutdown));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].fault, Fault::unavailable);
  EXPECT_EQ(to_string(told[0]),
            file.string() + ": is a directory; the virtual TPM's memory is not kept");
  const Status off = vm->power_off();
  ASSERT_FALSE(off);
  EXPECT_EQ(off.error(), told[0]);
  EXPECT_EQ(told.size(), 1U);
}

TEST_F(VirtualVmTest, MakesGoodWhatItCouldNotKeep) {
  std::vector<Error> told;
  VirtualVmOptions with = options();
  with.state_not_kept = [&told](const Error& error) { told.push_back(error); };
  const auto vm = started(with);
  ASSERT_TRUE(vm);
  const fs::path file = with.state / "tpm.state";
  make_unwritable(file);
  EXPECT_FALSE(vm->tpm()->execute(kShutdown));
  fs::remove(file);
  EXPECT_TRUE(vm->tpm()->execute(kShutdown));
  make_unwritable(file);
  EXPECT_FALSE(vm->tpm()->execute(kShutdown));
  EXPECT_EQ(told.size(), 2U);  // a new failure is news
  fs::remove(file);
  EXPECT_TRUE(vm->power_off());
  EXPECT_TRUE(fs::is_regular_file(file));
}

TEST(MeasuredBoot, KnowsTheStartupLocality) {
  Buffer log = *read_file(kBoots / "nosb" / "binary_bios_measurements", kMaxEventLog);
  const auto boot = parse_measured_boot(log);
  ASSERT_TRUE(boot);
  EXPECT_EQ(boot->startup_locality, 0);
  EXPECT_EQ(boot->banks.size(), 3U);
  log.resize(log.size() - 1);
  EXPECT_FALSE(parse_measured_boot(log));
}

TEST(SyntheticBoot, NamesItsTechnologies) {}

TEST(SyntheticBoot, HasOneCommandLineAndTheCommandThatLoadsIt) {
  const auto log =
      synthesize_boot(ConfidentialTechnology::amd_sev, from_unix_seconds(1'700'000'000));
  ASSERT_TRUE(log);
  const auto parsed = parse_event_log(*log);
  ASSERT_TRUE(parsed) << to_string(parsed.error());
  std::string command_line, linux_command;
  for (const Event& event : parsed->events) {
    const std::string text = to_text(event.data);
    if (text.starts_with("kernel_cmdline: ")) command_line += text.substr(16);
    if (text.starts_with("grub_cmd: linux ")) linux_command = text.substr(16);
  }
  EXPECT_FALSE(command_line.empty());
  EXPECT_EQ(command_line, linux_command);
}

}  // namespace
}  // namespace assay
