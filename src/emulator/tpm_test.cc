// SPDX-License-Identifier: Apache-2.0
// The TPM in this process, as its clients see it: through ESAPI, through the socket, and through a
// space with more objects than the TPM has slots.
#include "collect/tpm.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <thread>

#include "base/byte_writer.h"
#include "base/hex.h"
#include "collect/socket_channel.h"
#include "crypto/hash.h"
#include "emulator/libtpms_device.h"
#include "emulator/tpm_socket.h"
#include "emulator/transient_space.h"
#include "host/file.h"

namespace assay {
namespace {

const std::vector<HashAlgorithm> kGoogleBanks = {HashAlgorithm::sha1, HashAlgorithm::sha256,
                                                 HashAlgorithm::sha384};
/// Google's ECC attestation key template, as read from NV index 0x01c10003 of a GCE VM.
const Buffer kEccTemplate =
    *parse_hex("template",
               "0023000b00050072000000100018000b000300100020"
               "0000000000000000000000000000000000000000000000000000000000000000"
               "0020"
               "0000000000000000000000000000000000000000000000000000000000000000");

struct Machine {
  Buffer kept;
  std::shared_ptr<LibtpmsDevice> device;
};

std::unique_ptr<Machine> machine(Buffer state = {}) {
  auto out = std::make_unique<Machine>();
  out->kept = state;
  auto device = LibtpmsDevice::power_on(std::move(state), [raw = out.get()](Bytes changed) {
    raw->kept = to_buffer(changed);
    return Status{};
  });
  EXPECT_TRUE(device) << to_string(device.error());
  out->device = std::move(*device);
  EXPECT_TRUE(out->device->startup(0));
  return out;
}

Tpm tpm_over(std::shared_ptr<TpmChannel> channel) {
  auto tpm = Tpm::open(Tcti::over(std::move(channel)));
  EXPECT_TRUE(tpm) << to_string(tpm.error());
  return std::move(*tpm);
}

TEST(LibtpmsDevice, AllocatesTheBanksThatGoogleHas) {
  const auto vm = machine();
  ASSERT_TRUE(vm->device->allocate_banks(kGoogleBanks));
  ASSERT_TRUE(vm->device->startup(0));
  Tpm tpm = tpm_over(vm->device);
  const auto banks = tpm.allocated_banks();
  ASSERT_TRUE(banks) << to_string(banks.error());
  ASSERT_EQ(banks->size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ((*banks)[i].bank, kGoogleBanks[i]);
    EXPECT_EQ((*banks)[i].mask, 0xFFFFFFU);
  }
}

TEST(LibtpmsDevice, IsTheSameTpmAfterAPowerCycle) {
  auto vm = machine();
  Buffer key;
  {
    Tpm tpm = tpm_over(vm->device);
    const auto made = tpm.create_primary(Hierarchy::endorsement, kEccTemplate);
    ASSERT_TRUE(made) << to_string(made.error());
    key = made->public_area();
  }
  vm->device.reset();
  const Buffer state = vm->kept;
  vm.reset();
  const auto same = machine(state);
  const auto again = tpm_over(same->device).create_primary(Hierarchy::endorsement, kEccTemplate);
  ASSERT_TRUE(again);
  EXPECT_EQ(hex(again->public_area()), hex(key));
}

TEST(LibtpmsDevice, RefusesAStateThatIsNotATpms) {
  const auto device = LibtpmsDevice::power_on(Buffer(100, 7), {});
  ASSERT_FALSE(device);
  EXPECT_EQ(device.error().fault, Fault::malformed);
}

TEST(LibtpmsDevice, StartsPcrZeroAtTheStartupLocality) {
  auto device = LibtpmsDevice::power_on({}, {});
  ASSERT_TRUE(device);
  const std::shared_ptr<LibtpmsDevice> shared = std::move(*device);
  ASSERT_TRUE(shared->startup(3));
  const auto pcrs = tpm_over(shared).read_pcrs({HashAlgorithm::sha256, 1});
  ASSERT_TRUE(pcrs);
  EXPECT_EQ(hex(pcrs->values[0]->bytes()),
            "0000000000000000000000000000000000000000000000000000000000000003");
}

TEST(Tpm, ExtendsAndReadsEveryPcr) {
  const auto vm = machine();
  Tpm tpm = tpm_over(vm->device);
  const Digest measured = hash(HashAlgorithm::sha256, as_bytes("measured"));
  ASSERT_TRUE(tpm.extend(4, {measured}));
  Digest expected(HashAlgorithm::sha256);
  extend(expected, measured);
  const auto pcrs = tpm.read_pcrs({HashAlgorithm::sha256, 0xFFFFFF});
  ASSERT_TRUE(pcrs) << to_string(pcrs.error());
  EXPECT_EQ(pcrs->mask(), 0xFFFFFFU);
  EXPECT_EQ(pcrs->values[4], expected);
  EXPECT_EQ(pcrs->values[5], Digest(HashAlgorithm::sha256));
}

TEST(Tpm, ReadsBackAnNvIndexLongerThanOneCommandCarries) {
  const auto vm = machine();
  Tpm tpm = tpm_over(vm->device);
  Buffer content(1714);
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<std::uint8_t>(i * 7);
  const Status written = tpm.write_platform_nv(0x01C10000, kProviderNvAttributes, content);
  ASSERT_TRUE(written) << to_string(written.error());
  const auto read = tpm.read_nv(0x01C10000);
  ASSERT_TRUE(read) << to_string(read.error());
  EXPECT_EQ(*read, content);
  // Written again with another size: the index is replaced.
  ASSERT_TRUE(tpm.write_platform_nv(0x01C10000, kProviderNvAttributes, Buffer(3, 1)));
  EXPECT_EQ(**tpm.read_nv(0x01C10000), Buffer(3, 1));
}

TEST(Tpm, SaysNothingAboutAnNvIndexThatIsNotThere) {
  const auto vm = machine();
  const auto read = tpm_over(vm->device).read_nv(0x01C10000);
  ASSERT_TRUE(read) << to_string(read.error());
  EXPECT_FALSE(*read);
}

TEST(Tpm, ExplainsWhatTheTpmRefuses) {
  const auto vm = machine();
  Tpm tpm = tpm_over(vm->device);
  ASSERT_TRUE(tpm_over(vm->device).set_platform_password(as_bytes("firmware's secret")));
  Status refused = tpm.write_platform_nv(0x01C10000, kProviderNvAttributes, Buffer(3, 1));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, Fault::unavailable);
  EXPECT_NE(refused.error().why.find("TPM2_NV_DefineSpace failed"), std::string::npos);
  EXPECT_NE(refused.error().why.find("password"), std::string::npos);

  std::vector<TpmKey> keys;
  for (int i = 0; i < 3; ++i) {
    auto key = tpm.create_primary(Hierarchy::owner, kEccTemplate);
    ASSERT_TRUE(key) << to_string(key.error());
    keys.push_back(std::move(*key));
  }
  const auto fourth = tpm.create_primary(Hierarchy::owner, kEccTemplate);
  ASSERT_FALSE(fourth);
  EXPECT_NE(fourth.error().why.find("flush"), std::string::npos) << fourth.error().why;
  keys.pop_back();
  EXPECT_TRUE(tpm.create_primary(Hierarchy::owner, kEccTemplate));
}

TEST(Tpm, RefusesATemplateThatIsNone) {
  const auto vm = machine();
  Tpm tpm = tpm_over(vm->device);
  Buffer longer = kEccTemplate;
  longer.push_back(0);
  for (const Buffer& bad : {Buffer{}, Buffer(20, 0xFF), longer}) {
    const auto key = tpm.create_primary(Hierarchy::owner, bad);
    ASSERT_FALSE(key);
    EXPECT_EQ(key.error().fault, Fault::malformed);
  }
}

TEST(Tpm, RefusesANonceThatNoQuoteCarries) {
  const auto vm = machine();
  Tpm tpm = tpm_over(vm->device);
  const auto key = tpm.create_primary(Hierarchy::owner, kEccTemplate);
  ASSERT_TRUE(key);
  const PcrSelection all{HashAlgorithm::sha256, 0xFFFFFF};
  EXPECT_TRUE(tpm.quote(*key, Buffer(64, 1), all));
  EXPECT_FALSE(tpm.quote(*key, {}, all));
  EXPECT_FALSE(tpm.quote(*key, Buffer(67, 1), all));
}

TEST(TransientSpace, HoldsManyMoreKeysThanTheTpm) {
  const auto vm = machine();
  const auto space = std::make_shared<TransientSpace>(vm->device);
  Tpm tpm = tpm_over(space);
  std::vector<TpmKey> keys;
  for (int i = 0; i < 12; ++i) {
    auto key = tpm.create_primary(Hierarchy::owner, kEccTemplate);
    ASSERT_TRUE(key) << i << ": " << to_string(key.error());
    keys.push_back(std::move(*key));
  }
  for (const TpmKey& key : keys) {
    const auto quote = tpm.quote(key, Buffer(8, 1), {HashAlgorithm::sha256, 1});
    EXPECT_TRUE(quote) << to_string(quote.error());
  }
}

/// TPM2_CreatePrimary in the owner hierarchy from the ECC template, as bare bytes.
Buffer create_primary_command() {
  ByteWriter body;
  body.u32_be(0x40000001).u32_be(9).u32_be(0x40000009).u16_be(0).u8(0).u16_be(0);
  body.u16_be(4).u16_be(0).u16_be(0).sized_be16(kEccTemplate).u16_be(0).u32_be(0);
  const Buffer tail = body.take();
  ByteWriter w;
  w.u16_be(0x8002).u32_be(static_cast<std::uint32_t>(10 + tail.size())).u32_be(0x131).bytes(tail);
  return w.take();
}

Buffer flush_command(std::uint32_t handle) {
  return ByteWriter().u16_be(0x8001).u32_be(14).u32_be(0x165).u32_be(handle).take();
}

Buffer list_transient_command() {
  return ByteWriter()
      .u16_be(0x8001)
      .u32_be(22)
      .u32_be(0x17A)
      .u32_be(1)
      .u32_be(0x80000000)
      .u32_be(0xFFFF)
      .take();
}

TEST(TransientSpace, ForgetsTheOldestOfTooManyLeakedKeys) {
  const auto vm = machine();
  TransientSpace space(vm->device);
  for (std::size_t i = 0; i < TransientSpace::kMaxObjects + 3; ++i) {
    const auto made = space.execute(create_primary_command());
    ASSERT_TRUE(made);
    ASSERT_EQ(response_code(*made), 0U) << i;
  }
  const auto listed = space.execute(list_transient_command());
  ASSERT_TRUE(listed);
  // tag, size, code, moreData, capability, count
  EXPECT_EQ(listed->size(), 10 + 1 + 4 + 4 + 4 * TransientSpace::kMaxObjects);
}

TEST(TransientSpace, FlushesAndListsTheHandlesThatClientsKnow) {
  const auto vm = machine();
  TransientSpace space(vm->device);
  for (int i = 0; i < 5; ++i)
    ASSERT_EQ(response_code(*space.execute(create_primary_command())), 0U);
  EXPECT_EQ(response_code(*space.execute(flush_command(0x80000001))), 0U);
  // Gone is gone; 0x1CB is TPM_RC_HANDLE of the first parameter.
  EXPECT_EQ(response_code(*space.execute(flush_command(0x80000001))), 0x1CBU);
  const auto listed = space.execute(list_transient_command());
  EXPECT_EQ(hex(Bytes(*listed).subspan(10)), "00000000010000000480000000800000028000000380000004");
}

TEST(TransientSpace, RefusesToFlushAPersistentHandle) {
  const auto vm = machine();
  TransientSpace space(vm->device);
  EXPECT_EQ(response_code(*space.execute(flush_command(0x81008F00))), 0x1C4U);
}

struct SocketTest : testing::Test {
  void SetUp() override {
    auto made = TemporaryDirectory::make();
    ASSERT_TRUE(made);
    directory.emplace(std::move(*made));
    vm = machine();
    auto started = TpmSocket::start(directory->path() / "tpm.sock",
                                    std::make_shared<TransientSpace>(vm->device));
    ASSERT_TRUE(started) << to_string(started.error());
    socket = std::move(*started);
  }
  std::optional<TemporaryDirectory> directory;
  std::unique_ptr<Machine> vm;
  std::unique_ptr<TpmSocket> socket;
};

TEST_F(SocketTest, KeepsObjectsFromOneConnectionToTheNext) {
  auto tcti = Tcti::open_path(socket->path());
  ASSERT_TRUE(tcti) << to_string(tcti.error());
  auto tpm = Tpm::open(std::move(*tcti));
  ASSERT_TRUE(tpm) << to_string(tpm.error());
  const auto key = tpm->create_primary(Hierarchy::endorsement, kEccTemplate);
  ASSERT_TRUE(key) << to_string(key.error());
  const auto quote = tpm->quote(*key, Buffer(32, 9), {HashAlgorithm::sha256, 0xFFFFFF});
  ASSERT_TRUE(quote) << to_string(quote.error());
  EXPECT_EQ(quote->attest.size(), 113U + 32U);
}

TEST_F(SocketTest, AClientThatNeverReadsKeepsNobodyWaiting) {
  const int deaf = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_GE(deaf, 0);
  const timeval patience{20, 0};  // a hang is a failure, not a stuck test run
  ::setsockopt(deaf, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socket->path().native().copy(address.sun_path, sizeof address.sun_path - 1);
  const void* const any = &address;
  ASSERT_EQ(::connect(deaf, static_cast<const sockaddr*>(any), sizeof address), 0);
  // Far more answers than the socket's buffers hold; the TPM hangs up before they are all given.
  const Buffer command = *parse_hex("an unknown command", "80010000000a00000999");
  int error = 0;
  for (int i = 0; i < 1'000'000 && error == 0; ++i) {
    if (::send(deaf, command.data(), command.size(), MSG_NOSIGNAL) < 0) error = errno;
  }
  EXPECT_TRUE(error == EPIPE || error == ECONNRESET) << error;
  ::close(deaf);
  SocketChannel channel(socket->path());
  const auto answer = channel.execute(command);
  ASSERT_TRUE(answer) << to_string(answer.error());
  EXPECT_EQ(response_code(*answer), 0x143U);
}

TEST_F(SocketTest, AnswersAGarbledCommandWithATpmError) {
  SocketChannel channel(socket->path());
  struct Case {
    std::string_view name, command;
    std::uint32_t code;
  };
  const Case cases[] = {
      {"a size below the header's", "80010000000900000144", 0x142},
      {"a size above 4096", "80010000ffff00000144", 0x142},
      {"an unknown command", "80010000000a00000999", 0x143},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const auto response = channel.execute(*parse_hex("command", c.command));
    ASSERT_TRUE(response) << to_string(response.error());
    EXPECT_EQ(response_code(*response), c.code);
  }
}

TEST_F(SocketTest, SaysThatASocketIsGone) {
  const auto path = socket->path();
  socket.reset();
  const auto response = SocketChannel(path).execute(flush_command(1));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().fault, Fault::unavailable);
  EXPECT_EQ(response.error().where, path.string());
}

/// A server that takes each command and does with the connection what it is told.
class BadTpm {
 public:
  /// `answer` is all it ever says; then it hangs up, or keeps the connection open and silent.
  enum class Then { hangs_up, is_silent };
  BadTpm(const std::filesystem::path& path, Buffer answer, Then then)
      : listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.native().copy(address.sun_path, sizeof address.sun_path - 1);
    const void* const any = &address;
    EXPECT_EQ(::bind(listener_, static_cast<const sockaddr*>(any), sizeof address), 0);
    EXPECT_EQ(::listen(listener_, 1), 0);
    thread_ = std::thread([this, answer = std::move(answer), then] {
      std::vector<int> open;
      for (;;) {
        const int fd = ::accept(listener_, nullptr, nullptr);
        if (fd < 0) break;
        open.push_back(fd);
        std::array<std::uint8_t, kMaxTpmMessage> command{};
        static_cast<void>(::recv(fd, command.data(), command.size(), 0));
        static_cast<void>(::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL));
        if (then == Then::hangs_up) ::shutdown(fd, SHUT_RDWR);
      }
      for (const int fd : open) ::close(fd);
    });
  }
  BadTpm(const BadTpm&) = delete;
  BadTpm& operator=(const BadTpm&) = delete;
  ~BadTpm() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }

 private:
  int listener_;
  std::thread thread_;
};

TEST(SocketChannel, SaysWhatIsWrongWithATpmThatDoesNotAnswer) {
  constexpr std::chrono::milliseconds kPatience{50};
  const auto directory = TemporaryDirectory::make();
  ASSERT_TRUE(directory);
  const std::filesystem::path path = directory->path() / "tpm";
  struct Case {
    std::string_view name, answer;
    BadTpm::Then then;
    std::string_view why;
  };
  const Case cases[] = {
      {"silent from the start", "", BadTpm::Then::is_silent,
       "the TPM did not answer within 0.05 seconds (is it stopped? start it again)"},
      {"silent within the header", "80010000", BadTpm::Then::is_silent,
       "the TPM did not answer within 0.05 seconds (is it stopped? start it again)"},
      {"silent within the body", "80010000001000000000aa", BadTpm::Then::is_silent,
       "the TPM did not answer within 0.05 seconds (is it stopped? start it again)"},
      {"hangs up at once", "", BadTpm::Then::hangs_up,
       "the TPM closed the connection after 0 of 10 bytes"},
      {"hangs up within the header", "80010000", BadTpm::Then::hangs_up,
       "the TPM closed the connection after 4 of 10 bytes"},
      {"hangs up within the body", "80010000001000000000aa", BadTpm::Then::hangs_up,
       "the TPM closed the connection after 11 of 16 bytes"},
      {"a size below the header's", "80010000000900000000", BadTpm::Then::hangs_up,
       "not a TPM: must be between 10 and 4096 bytes"},
      {"a size above 4096", "80010000100100000000", BadTpm::Then::hangs_up,
       "not a TPM: must be between 10 and 4096 bytes"},
      {"another protocol", "485454502f312e3120323030204f4b0d0a", BadTpm::Then::hangs_up,
       "not a TPM: must be between 10 and 4096 bytes"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const BadTpm server(path, *parse_hex("answer", c.answer), c.then);
    SocketChannel channel(path, kPatience);
    const auto response = channel.execute(flush_command(1));
    std::filesystem::remove(path);
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().fault, Fault::unavailable);
    EXPECT_EQ(response.error().where, path.string());
    EXPECT_EQ(response.error().why, c.why);
  }
}

TEST(SocketChannel, WaitsNotForeverForASocketThatAcceptsNothing) {
  const auto directory = TemporaryDirectory::make();
  ASSERT_TRUE(directory);
  const std::filesystem::path path = directory->path() / "tpm";
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.native().copy(address.sun_path, sizeof address.sun_path - 1);
  const void* const any = &address;
  ASSERT_EQ(::bind(listener, static_cast<const sockaddr*>(any), sizeof address), 0);
  ASSERT_EQ(::listen(listener, 0), 0);
  // The first ones wait in the kernel's queue, the rest in front of it.
  SocketChannel channel(path, std::chrono::milliseconds(20));
  std::vector<int> queued;
  for (int i = 0; i < 3; ++i) {
    const auto response = channel.execute(flush_command(1));
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().why,
              "the TPM did not answer within 0.02 seconds (is it stopped? start it again)");
    queued.push_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    static_cast<void>(::connect(queued.back(), static_cast<const sockaddr*>(any), sizeof address));
  }
  for (const int fd : queued) ::close(fd);
  ::close(listener);
}

TEST(Tpm, PassesOnWhyItsSocketFailed) {
  const auto directory = TemporaryDirectory::make();
  ASSERT_TRUE(directory);
  const std::filesystem::path path = directory->path() / "tpm";
  const BadTpm server(path, *parse_hex("answer", "8001000000"), BadTpm::Then::hangs_up);
  const auto tpm =
      Tpm::open(Tcti::over(std::make_shared<SocketChannel>(path, std::chrono::seconds(20))));
  ASSERT_FALSE(tpm);
  EXPECT_EQ(to_string(tpm.error()),
            path.string() + ": the TPM closed the connection after 5 of 10 bytes");
}

TEST(Tcti, SaysWhatIsWrongWithAPath) {
  struct Case {
    std::string_view path, why;
  };
  const Case cases[] = {
      {"/nonexistent/tpm", "is not there"},
      {"/dev/null", "cannot be opened"},
      {ASSAY_SOURCE_DIR "/CMakeLists.txt", "neither a TPM device nor a Unix socket"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.path);
    const auto tcti = Tcti::open_path(c.path);
    ASSERT_FALSE(tcti);
    EXPECT_EQ(tcti.error().fault, Fault::unavailable);
    EXPECT_NE(tcti.error().why.find(c.why), std::string::npos) << tcti.error().why;
  }
}

}  // namespace
}  // namespace assay
