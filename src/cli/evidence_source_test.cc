// SPDX-License-Identifier: Apache-2.0
// The contract of every evidence source: the same sentences about the TPM in this process, the
// socket of the virtual VM, and a TPM that is not ours (swtpm) through tpm2-tss's TCTI loader.
// It stands here because only here may collect, emulator and verify be included together.
#include <dlfcn.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <tss2/tss2_tcti.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <set>
#include <thread>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/hex.h"
#include "collect/attester.h"
#include "collect/socket_channel.h"
#include "crypto/hash.h"
#include "emulator/libtpms_device.h"
#include "emulator/measured_boot.h"
#include "emulator/provision.h"
#include "emulator/tpm_socket.h"
#include "emulator/transient_space.h"
#include "emulator/virtual_vm.h"
#include "formats/recorded.h"
#include "host/file.h"
#include "verify/vtpm.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

const Buffer kNonce = to_buffer(as_bytes("a nonce of 16 B."));
const Instant kNow = from_unix_seconds(1'800'000'000);
const std::vector<HashAlgorithm> kGoogleBanks = {HashAlgorithm::sha1, HashAlgorithm::sha256,
                                                 HashAlgorithm::sha384};

// --- bare commands, so that the contract does not ask the code it judges ---

constexpr std::uint16_t kNoSessions = 0x8001, kSessions = 0x8002;  // TPM_ST
constexpr std::uint32_t kGetCapability = 0x17A, kHierarchyChangeAuth = 0x129, kPcrAllocate = 0x12B;
constexpr std::uint32_t kOwner = 0x40000001, kPlatform = 0x4000000C;

Buffer command_of(std::uint16_t tag, std::uint32_t code, Bytes body) {
  ByteWriter w;
  w.u16_be(tag).u32_be(static_cast<std::uint32_t>(kTpmHeaderSize + body.size())).u32_be(code);
  return w.bytes(body).take();
}

/// The authorisation area with the empty password.
void write_empty_password(ByteWriter& w) {
  constexpr std::uint32_t kPassword = 0x40000009;  // TPM_RS_PW
  w.u32_be(9).u32_be(kPassword).u16_be(0).u8(0).u16_be(0);
}

/// Sends one command through tpm2-tss; the response.
Buffer executed(const Tcti& tcti, const Buffer& command) {
  Buffer response(kMaxTpmMessage);
  std::size_t size = response.size();
  void* const any = tcti.raw();
  const auto* const calls = static_cast<TSS2_TCTI_CONTEXT_COMMON_V1*>(any);
  EXPECT_EQ(calls->transmit(tcti.raw(), command.size(), command.data()), 0U);
  EXPECT_EQ(calls->receive(tcti.raw(), &size, response.data(), TSS2_TCTI_TIMEOUT_BLOCK), 0U);
  response.resize(size);
  return response;
}

/// TPM2_GetCapability's list; `read` is called for each element.
template <class Read>
void read_capability(const Tcti& tcti, std::uint32_t capability, std::uint32_t first, Read read) {
  const Buffer response =
      executed(tcti, command_of(kNoSessions, kGetCapability,
                                ByteWriter().u32_be(capability).u32_be(first).u32_be(0xFF).take()));
  ASSERT_EQ(response_code(response), 0U);
  ByteReader r("capability", Bytes(response).subspan(kTpmHeaderSize));
  EXPECT_EQ(r.u8("more"), 0);
  EXPECT_EQ(r.u32_be("capability"), capability);
  const std::uint32_t count = r.u32_be("count");
  for (std::uint32_t i = 0; i < count; ++i) read(r);
  EXPECT_TRUE(r.ok());
  EXPECT_EQ(r.remaining(), 0U);
}

std::vector<std::uint32_t> transient_handles(const Tcti& tcti) {
  constexpr std::uint32_t kCapHandles = 1, kFirstTransient = 0x80000000;
  std::vector<std::uint32_t> out;
  read_capability(tcti, kCapHandles, kFirstTransient, [&](ByteReader& r) {
    const std::uint32_t handle = r.u32_be("handle");
    if (handle >> 24 == 0x80) out.push_back(handle);
  });
  return out;
}

/// The algorithms of the banks that have a PCR.
std::vector<std::uint16_t> banks_with_pcrs(const Tcti& tcti) {
  constexpr std::uint32_t kCapPcrs = 5;
  std::vector<std::uint16_t> out;
  read_capability(tcti, kCapPcrs, 0, [&](ByteReader& r) {
    const std::uint16_t algorithm = r.u16_be("hash");
    bool any = false;
    for (const std::uint8_t byte : r.take("select", r.u8("size"))) any = any || byte != 0;
    if (any) out.push_back(algorithm);
  });
  return out;
}

/// Exactly Google's banks from the next start on.
Buffer allocate_command() {
  ByteWriter w;
  w.u32_be(kPlatform);
  write_empty_password(w);
  w.u32_be(4);
  for (const std::uint16_t algorithm : std::initializer_list<std::uint16_t>{4, 0xB, 0xC, 0xD}) {
    const std::uint8_t select = algorithm == 0xD ? 0 : 0xFF;  // all but SHA-512
    w.u16_be(algorithm).u8(3).u8(select).u8(select).u8(select);
  }
  return command_of(kSessions, kPcrAllocate, w.take());
}

Buffer owner_password_command() {
  ByteWriter w;
  w.u32_be(kOwner);
  write_empty_password(w);
  w.sized_be16(as_bytes("the owner's"));
  return command_of(kSessions, kHierarchyChangeAuth, w.take());
}

// --- the machines ---

/// What a machine's maker has put into its TPM.
enum class Made {
  bare,       ///< nothing: no Google key, no measured boot
  by_google,  ///< Google's keys and certificates, and a measured boot
};

/// A machine with a TPM, as an attester finds it.
class Machine {
 public:
  virtual ~Machine() = default;
  /// A way to the TPM of its own.
  virtual Result<Tcti> reach() = 0;
  [[nodiscard]] virtual Buffer event_log() const = 0;
  /// From now on nothing answers.
  virtual void die() = 0;
};

/// A TPM in this process and nothing else.
class BareTpm {
 public:
  BareTpm() {
    auto device = LibtpmsDevice::power_on({}, {});
    EXPECT_TRUE(device) << to_string(device.error());
    device_ = std::move(*device);
    EXPECT_TRUE(device_->startup(0));
    space_ = std::make_shared<TransientSpace>(device_);
  }
  std::shared_ptr<TpmChannel> channel() { return space_; }

 private:
  std::shared_ptr<LibtpmsDevice> device_;
  std::shared_ptr<TransientSpace> space_;
};

/// A channel that can be cut.
class CuttableChannel final : public TpmChannel {
 public:
  explicit CuttableChannel(std::shared_ptr<TpmChannel> to) : to_(std::move(to)) {}
  Result<Buffer> execute(Bytes command) override {
    if (cut) return fail(Fault::unavailable, "tpm", "is gone");
    return to_->execute(command);
  }
  bool cut = false;

 private:
  std::shared_ptr<TpmChannel> to_;
};

std::unique_ptr<VirtualVm> started_vm(const fs::path& directory) {
  VirtualVmOptions options;
  options.state = directory / "vm";
  auto vm = VirtualVm::start(options);
  EXPECT_TRUE(vm) << to_string(vm.error());
  return vm ? std::move(*vm) : nullptr;
}

class InProcessMachine final : public Machine {
 public:
  InProcessMachine(const fs::path& directory, Made made) {
    if (made == Made::bare) bare_.emplace();
    if (made == Made::by_google) vm_ = started_vm(directory);
    channel_ = std::make_shared<CuttableChannel>(bare_ ? bare_->channel() : vm_->tpm());
  }
  Result<Tcti> reach() override { return Tcti::over(channel_); }
  [[nodiscard]] Buffer event_log() const override {
    return vm_ ? *read_file(vm_->event_log(), kMaxEventLog) : Buffer{};
  }
  void die() override { channel_->cut = true; }

 private:
  std::optional<BareTpm> bare_;
  std::unique_ptr<VirtualVm> vm_;
  std::shared_ptr<CuttableChannel> channel_;
};

class SocketMachine final : public Machine {
 public:
  SocketMachine(const fs::path& directory, Made made) {
    if (made == Made::by_google) {
      vm_ = started_vm(directory);
      path_ = vm_->tpm_socket();
      return;
    }
    bare_.emplace();
    auto socket = TpmSocket::start(directory / "tpm.sock", bare_->channel());
    EXPECT_TRUE(socket) << to_string(socket.error());
    socket_ = std::move(*socket);
    path_ = socket_->path();
  }
  Result<Tcti> reach() override { return Tcti::open_path(path_); }
  [[nodiscard]] Buffer event_log() const override {
    return vm_ ? *read_file(vm_->event_log(), kMaxEventLog) : Buffer{};
  }
  void die() override {
    socket_.reset();
    vm_.reset();
  }

 private:
  std::optional<BareTpm> bare_;
  std::unique_ptr<TpmSocket> socket_;
  std::unique_ptr<VirtualVm> vm_;
  fs::path path_;
};

/// swtpm as a child, reached as tpm2-tools reach it.  One client at a time, which is all it takes.
class SwtpmMachine final : public Machine {
 public:
  SwtpmMachine(fs::path directory, Made made) : directory_(std::move(directory)) {
    fs::create_directory(directory_ / "swtpm");
    if (made == Made::bare) {
      start("startup-clear");
      return;
    }
    start("startup-clear");
    EXPECT_EQ(response_code(executed(*reach(), allocate_command())), 0U);
    die();
    start("startup-clear");
    log_ = boot_file("sb/binary_bios_measurements");
    auto ca = VendorCa::load_or_make(directory_ / "ca", kNow);
    EXPECT_TRUE(ca) << to_string(ca.error());
    auto tpm = Tpm::open(*reach());
    EXPECT_TRUE(tpm) << to_string(tpm.error());
    const Status provisioned = provision_keys(*tpm, *ca,
                                              {.zone = "z",
                                               .project_id = "p",
                                               .project_number = 1,
                                               .instance_name = "i",
                                               .instance_id = 2},
                                              "http://127.0.0.1:1/ca.crt", kNow);
    EXPECT_TRUE(provisioned) << to_string(provisioned.error());
    const auto boot = parse_measured_boot(log_);
    EXPECT_TRUE(boot);
    EXPECT_TRUE(live_again(*boot, *tpm));
  }
  SwtpmMachine(const SwtpmMachine&) = delete;
  SwtpmMachine& operator=(const SwtpmMachine&) = delete;
  ~SwtpmMachine() override { die(); }

  /// The program, and the library that the TCTI loader loads for "swtpm:".
  static bool is_here() {
    void* const tcti = ::dlopen("libtss2-tcti-swtpm.so.0", RTLD_LAZY);
    if (tcti == nullptr) return false;
    ::dlclose(tcti);
    return ::access("/usr/bin/swtpm", X_OK) == 0 || ::access("/usr/local/bin/swtpm", X_OK) == 0;
  }

  Result<Tcti> reach() override { return Tcti::load("swtpm:path=" + socket().string()); }
  [[nodiscard]] Buffer event_log() const override { return log_; }
  void die() override {
    if (child_ <= 0) return;
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
    child_ = 0;
    fs::remove(socket());
    fs::remove(control());
  }

 private:
  [[nodiscard]] fs::path socket() const { return directory_ / "sw"; }
  /// Where the TCTI looks for it.
  [[nodiscard]] fs::path control() const { return directory_ / "sw.ctrl"; }

  void start(const std::string& how) {
    std::vector<std::string> words = {"swtpm",
                                      "socket",
                                      "--tpm2",
                                      "--tpmstate",
                                      "dir=" + (directory_ / "swtpm").string(),
                                      "--server",
                                      "type=unixio,path=" + socket().string(),
                                      "--ctrl",
                                      "type=unixio,path=" + control().string(),
                                      "--flags",
                                      "not-need-init," + how};
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions{};
    posix_spawn_file_actions_init(&actions);
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
      posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
    }
    ASSERT_EQ(::posix_spawnp(&child_, "swtpm", &actions, nullptr, arguments.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    // It listens when it can be reached; until then, or until it has ended, we ask again.
    while (::waitpid(child_, nullptr, WNOHANG) == 0) {
      if (fs::is_socket(socket()) && fs::is_socket(control()) && reach()) return;
      std::this_thread::yield();
    }
    child_ = 0;
    FAIL() << "swtpm ended";
  }

  fs::path directory_;
  Buffer log_;
  pid_t child_ = 0;
};

// --- the contract ---

struct Source {
  const char* name;
  std::unique_ptr<Machine> (*start)(const fs::path& directory, Made made);
  bool (*is_here)();
};

template <class M>
std::unique_ptr<Machine> start(const fs::path& directory, Made made) {
  return std::make_unique<M>(directory, made);
}

bool always() { return true; }

std::string name_of_source(const testing::TestParamInfo<Source>& source) {
  return source.param.name;
}

const Source kInProcess{"InProcess", start<InProcessMachine>, always};
const Source kSocket{"Socket", start<SocketMachine>, always};
const Source kSwtpm{"SwtpmByTcti", start<SwtpmMachine>, SwtpmMachine::is_here};

struct Key {
  const char* name;
  AttestationKeyChoice choice;
  KeyAlgorithm algorithm;
};
const Key kKeys[] = {
    {"own RSA", AttestationKeyChoice::own, KeyAlgorithm::rsa},
    {"own ECC", AttestationKeyChoice::own, KeyAlgorithm::ecc},
    {"Google's RSA", AttestationKeyChoice::google, KeyAlgorithm::rsa},
    {"Google's ECC", AttestationKeyChoice::google, KeyAlgorithm::ecc},
};

class EvidenceSource : public testing::TestWithParam<Source> {
 protected:
  void SetUp() override {
    if (!GetParam().is_here()) {
      const char* const must = std::getenv("ASSAY_REQUIRE_INTEROP");
      if (must != nullptr && std::string_view(must) == "1") {
        FAIL() << "swtpm or its TCTI is not installed, and ASSAY_REQUIRE_INTEROP=1 wants every "
                  "case to run";
      }
      GTEST_SKIP() << "swtpm or its TCTI is not installed";
    }
    auto made = TemporaryDirectory::make();
    ASSERT_TRUE(made);
    directory_.emplace(std::move(*made));
  }
  [[nodiscard]] std::unique_ptr<Machine> machine(Made made) const {
    return GetParam().start(directory_->path(), made);
  }
  static Result<Attestation> attest(Machine& machine, const Key& key) {
    auto reached = machine.reach();
    if (!reached) return pass_on(reached);
    auto tpm = Tpm::open(std::move(*reached));
    if (!tpm) return pass_on(tpm);
    return collect_attestation(*tpm, {.nonce = kNonce,
                                      .key = key.choice,
                                      .algorithm = key.algorithm,
                                      .event_log = machine.event_log(),
                                      .http = nullptr});
  }

 private:
  std::optional<TemporaryDirectory> directory_;
};

TEST_P(EvidenceSource, QuotesEveryAllocatedBankWithTheNonceAndTheValuesItReturns) {
  const auto vm = machine(Made::by_google);
  const std::vector<std::uint16_t> banks = banks_with_pcrs(*vm->reach());
  EXPECT_EQ(banks.size(), 3U);
  for (const Key& key : kKeys) {
    SCOPED_TRACE(key.name);
    const auto evidence = attest(*vm, key);
    ASSERT_TRUE(evidence) << to_string(evidence.error());
    std::vector<std::uint16_t> quoted;
    for (const Quote& quote : evidence->quotes) {
      SCOPED_TRACE(name_of(quote.pcrs.bank));
      quoted.push_back(static_cast<std::uint16_t>(quote.pcrs.bank));
      const auto attest = parse_quote_attest(quote.attest);
      ASSERT_TRUE(attest) << to_string(attest.error());
      EXPECT_EQ(attest->extra_data, kNonce);
      ASSERT_EQ(attest->selections.size(), 1U);
      EXPECT_EQ(attest->selections[0].bank, quote.pcrs.bank);
      EXPECT_EQ(attest->selections[0].mask, 0xFFFFFFU);
      Hasher hasher(HashAlgorithm::sha256);
      for (const auto& value : quote.pcrs.values) {
        ASSERT_TRUE(value);
        hasher.update(value->bytes());
      }
      EXPECT_EQ(hex(attest->pcr_digest), hex(hasher.finish().bytes()));
    }
    EXPECT_EQ(quoted, banks);
  }
}

TEST_P(EvidenceSource, GivesWhatItsOwnKeyAndItsLogConfirm) {
  const auto vm = machine(Made::by_google);
  for (const Key& key : kKeys) {
    SCOPED_TRACE(key.name);
    auto evidence = attest(*vm, key);
    ASSERT_TRUE(evidence) << to_string(evidence.error());
    const auto outcome = check_against_own_key(*evidence, kNonce);
    const Check* const failed = outcome.verdict.first_failure();
    EXPECT_EQ(failed, nullptr) << failed->id << ": " << failed->got;
    EXPECT_FALSE(check_against_own_key(*evidence, Buffer(16, 1)).verdict.accepted());
    evidence->quotes[1].pcrs.values[4] = Digest(evidence->quotes[1].pcrs.bank);
    EXPECT_FALSE(check_against_own_key(*evidence, kNonce).verdict.accepted());
  }
}

TEST_P(EvidenceSource, GivesTheSameKeyEachTimeAndADifferentOnePerChoice) {
  const auto vm = machine(Made::by_google);
  std::set<std::string> keys;
  for (const Key& key : kKeys) {
    SCOPED_TRACE(key.name);
    const auto first = attest(*vm, key);
    const auto second = attest(*vm, key);
    ASSERT_TRUE(first && second);
    EXPECT_EQ(hex(first->ak_pub), hex(second->ak_pub));
    EXPECT_EQ(first->ak_cert.empty(), key.choice == AttestationKeyChoice::own);
    keys.insert(hex(first->ak_pub));
  }
  EXPECT_EQ(keys.size(), std::size(kKeys));
}

TEST_P(EvidenceSource, LeavesNothingInTheTpm) {
  const auto vm = machine(Made::by_google);
  for (const Key& key : kKeys) {
    SCOPED_TRACE(key.name);
    // More often than a TPM has slots (3, Part 1, 11.4), with a success and with a failure.
    for (int i = 0; i < 4; ++i) {
      ASSERT_TRUE(attest(*vm, key));
      auto tpm = Tpm::open(*vm->reach());
      ASSERT_TRUE(tpm);
      EXPECT_FALSE(collect_attestation(*tpm, {.nonce = Buffer(65, 1),
                                              .key = key.choice,
                                              .algorithm = key.algorithm,
                                              .event_log = {},
                                              .http = nullptr}));
    }
    EXPECT_EQ(transient_handles(*vm->reach()), std::vector<std::uint32_t>{});
  }
}

TEST_P(EvidenceSource, SaysWhatAMachineWithoutGooglesKeysLacks) {
  const auto vm = machine(Made::bare);
  struct Case {
    Key key;
    std::string_view error;
  };
  const Case cases[] = {
      {kKeys[2],
       "--key gceAK: this TPM has no rsa attestation key template at NV index 0x01c10001: it is no "
       "Google Compute Engine vTPM (use --key AK, or `assay emulate`)"},
      {kKeys[3],
       "--key gceAK: this TPM has no ecc attestation key template at NV index 0x01c10003: it is no "
       "Google Compute Engine vTPM (use --key AK, or `assay emulate`)"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.key.name);
    const auto evidence = attest(*vm, c.key);
    ASSERT_FALSE(evidence);
    EXPECT_EQ(evidence.error().fault, Fault::unavailable);
    EXPECT_EQ(to_string(evidence.error()), c.error);
  }
  EXPECT_TRUE(attest(*vm, kKeys[0]));  // a key of its own it has
  EXPECT_EQ(transient_handles(*vm->reach()), std::vector<std::uint32_t>{});
}

TEST_P(EvidenceSource, SaysThatACertificateIsMissing) {
  const auto vm = machine(Made::bare);
  auto tpm = Tpm::open(*vm->reach());
  ASSERT_TRUE(tpm);
  ASSERT_TRUE(tpm->write_platform_nv(0x01C10003, kProviderNvAttributes,
                                     attestation_key_template(KeyAlgorithm::ecc)));
  const auto evidence = collect_attestation(*tpm, {.nonce = kNonce,
                                                   .key = AttestationKeyChoice::google,
                                                   .algorithm = KeyAlgorithm::ecc,
                                                   .event_log = {},
                                                   .http = nullptr});
  ASSERT_FALSE(evidence);
  EXPECT_EQ(to_string(evidence.error()),
            "--key gceAK: this TPM has no ecc attestation key certificate at NV index 0x01c10002: "
            "make a new VM, or use the other --algo");
}

TEST_P(EvidenceSource, PutsTheTpmsRefusalIntoWords) {
  const auto vm = machine(Made::by_google);
  ASSERT_EQ(response_code(executed(*vm->reach(), owner_password_command())), 0U);
  const auto evidence = attest(*vm, kKeys[1]);
  ASSERT_FALSE(evidence);
  EXPECT_EQ(evidence.error().fault, Fault::unavailable);
  // TPM_RC_BAD_AUTH of the first session: 0x0A2 + 0x800 + 0x100 (Part 2, 6.6.3).
  EXPECT_EQ(evidence.error().why,
            "TPM2_CreatePrimary failed: tpm:session(1):authorization failure without DA "
            "implications (0x9a2) (the hierarchy has a password, and only the empty one is tried)");
}

TEST_P(EvidenceSource, FailsWhenTheTpmGoesAwayUnderIt) {
  const auto vm = machine(Made::by_google);
  {
    auto tpm = Tpm::open(*vm->reach());
    ASSERT_TRUE(tpm);
    const auto key =
        tpm->create_primary(Hierarchy::owner, attestation_key_template(KeyAlgorithm::ecc));
    ASSERT_TRUE(key);
    vm->die();
    const auto evidence = collect_attestation(*tpm, {.nonce = kNonce,
                                                     .key = AttestationKeyChoice::own,
                                                     .algorithm = KeyAlgorithm::ecc,
                                                     .event_log = {},
                                                     .http = nullptr});
    ASSERT_FALSE(evidence);
    EXPECT_EQ(evidence.error().fault, Fault::unavailable);
    EXPECT_NE(evidence.error().why, "");
    EXPECT_FALSE(tpm->quote(*key, kNonce, {HashAlgorithm::sha256, 1}));
  }
  EXPECT_FALSE(attest(*vm, kKeys[1]));
}

INSTANTIATE_TEST_SUITE_P(All, EvidenceSource, testing::Values(kInProcess, kSocket, kSwtpm),
                         name_of_source);

/// Sources that several clients may use at once; swtpm takes one at a time.
class SharedEvidenceSource : public EvidenceSource {};

TEST_P(SharedEvidenceSource, AttestsToSeveralAtOnce) {
  const auto vm = machine(Made::by_google);
  std::array<Result<Attestation>, std::size(kKeys)> evidence;
  std::vector<std::thread> clients;
  for (std::size_t i = 0; i < std::size(kKeys); ++i) {
    clients.emplace_back([&, i] { evidence[i] = attest(*vm, kKeys[i]); });
  }
  for (std::thread& client : clients) client.join();
  for (std::size_t i = 0; i < std::size(kKeys); ++i) {
    SCOPED_TRACE(kKeys[i].name);
    ASSERT_TRUE(evidence[i]) << to_string(evidence[i].error());
    EXPECT_TRUE(check_against_own_key(*evidence[i], kNonce).verdict.accepted());
  }
  EXPECT_EQ(transient_handles(*vm->reach()), std::vector<std::uint32_t>{});
}

INSTANTIATE_TEST_SUITE_P(All, SharedEvidenceSource, testing::Values(kInProcess, kSocket),
                         name_of_source);

/// A channel whose n-th answer is spoilt.
class SpoiltChannel final : public TpmChannel {
 public:
  using Spoil = Result<Buffer> (*)(Buffer);
  SpoiltChannel(std::shared_ptr<TpmChannel> to, std::size_t at, Spoil spoil)
      : to_(std::move(to)), at_(at), spoil_(spoil) {}
  Result<Buffer> execute(Bytes command) override {
    auto answer = to_->execute(command);
    return answer && seen_++ == at_ ? spoil_(std::move(*answer)) : std::move(answer);
  }
  [[nodiscard]] bool spoilt() const { return seen_ > at_; }

 private:
  std::shared_ptr<TpmChannel> to_;
  std::size_t at_;
  Spoil spoil_;
  std::size_t seen_ = 0;
};

TEST(EvidenceSourceAnswer, EndsInWordsWhicheverOneIsSpoilt) {
  const auto directory = TemporaryDirectory::make();
  ASSERT_TRUE(directory);
  const auto vm = started_vm(directory->path());
  ASSERT_TRUE(vm);
  struct Case {
    std::string_view name;
    SpoiltChannel::Spoil spoil;
  };
  const Case cases[] = {
      {"the channel fails",
       [](Buffer) -> Result<Buffer> { return fail(Fault::unavailable, "tpm", "is gone"); }},
      {"nothing", [](Buffer) -> Result<Buffer> { return Buffer{}; }},
      {"half a header",
       [](Buffer in) -> Result<Buffer> { return Buffer(in.begin(), in.begin() + 5); }},
      {"half an answer",
       [](Buffer in) -> Result<Buffer> {
         return Buffer(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(in.size() / 2));
       }},
      {"TPM_RC_FAILURE",
       [](Buffer) -> Result<Buffer> { return *parse_hex("answer", "80010000000a00000101"); }},
      {"success without an answer",
       [](Buffer) -> Result<Buffer> { return *parse_hex("answer", "80010000000a00000000"); }},
      {"all ones after the header",
       [](Buffer in) -> Result<Buffer> {
         std::fill(in.begin() + kTpmHeaderSize, in.end(), std::uint8_t{0xFF});
         return in;
       }},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    // Until an attestation comes to its end before its answer is due.
    std::size_t at = 0;
    for (bool spoilt = true; spoilt; ++at) {
      SCOPED_TRACE(at);
      const auto channel = std::make_shared<SpoiltChannel>(vm->tpm(), at, c.spoil);
      const auto evidence = [&]() -> Result<Attestation> {
        auto tpm = Tpm::open(Tcti::over(channel));
        if (!tpm) return pass_on(tpm);
        return collect_attestation(*tpm, {.nonce = kNonce,
                                          .key = AttestationKeyChoice::google,
                                          .algorithm = KeyAlgorithm::ecc,
                                          .event_log = {},
                                          .http = nullptr});
      }();
      spoilt = channel->spoilt();
      if (!evidence) {
        EXPECT_NE(evidence.error().why, "");
      }
    }
    EXPECT_GT(at, 10U);
  }
}

}  // namespace
}  // namespace assay
