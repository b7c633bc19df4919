// SPDX-License-Identifier: Apache-2.0
#include "emulator/inside.h"

#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>

#include "emulator/tpm_bridge.h"
#include "host/file.h"

namespace assay {
namespace {

struct Inside : testing::Test {
  void SetUp() override {
    auto made = TemporaryDirectory::make();
    ASSERT_TRUE(made);
    directory.emplace(std::move(*made));
  }
  /// Runs a shell script inside; skips the test where that is forbidden.
  [[nodiscard]] Result<int> shell(const std::string& script) const {
    return run_inside({.command = {"sh", "-c", script},
                       .tpm_socket = directory->path() / "tpm.sock",
                       .event_log = to_buffer(as_bytes("the log")),
                       .environment = {{"WHERE", "inside"}}});
  }
  static bool forbidden(const Result<int>& code) {
    return !code && (code.error().why.find("namespace") != std::string::npos);
  }
  std::optional<TemporaryDirectory> directory;
};

#define ASSERT_INSIDE(script, expected)                           \
  do {                                                            \
    const auto code = shell(script);                              \
    if (forbidden(code)) GTEST_SKIP() << to_string(code.error()); \
    ASSERT_TRUE(code) << to_string(code.error());                 \
    EXPECT_EQ(*code, expected) << (script);                       \
  } while (false)

TEST_F(Inside, FindsTpmLogAndEnvironmentWhereAVmHasThem) {
  ASSERT_INSIDE("test \"$(cat /sys/kernel/security/tpm0/binary_bios_measurements)\" = 'the log'",
                0);
  ASSERT_INSIDE(
      "test \"$(readlink /dev/tpmrm0)\" = '" + (directory->path() / "tpm.sock").string() + "'", 0);
  ASSERT_INSIDE("test $WHERE = inside", 0);
  ASSERT_INSIDE("echo x > /dev/null && head -c 1 /dev/urandom > /dev/null && test -d /dev/shm", 0);
  ASSERT_INSIDE("test $(id -u) = 0", 0);
}

TEST_F(Inside, EndsWithTheProgramsCode) {
  ASSERT_INSIDE("exit 0", 0);
  ASSERT_INSIDE("exit 42", 42);
  ASSERT_INSIDE("kill -9 $$", 137);
}

TEST_F(Inside, LearnsTheCodeWhereChildrenWereNotWaitedFor) {
  std::signal(SIGCHLD, SIG_IGN);  // as some supervisors leave it
  const auto code = shell("exit 42");
  const auto after = std::signal(SIGCHLD, SIG_DFL);
  if (forbidden(code)) GTEST_SKIP() << to_string(code.error());
  ASSERT_TRUE(code) << to_string(code.error());
  EXPECT_EQ(*code, 42);
  EXPECT_EQ(after, SIG_IGN);
}

TEST_F(Inside, FindsWhatIsBelowDevShm) {
  if (::access("/dev/shm", W_OK) != 0) GTEST_SKIP() << "no /dev/shm to write to";
  std::string shared = "/dev/shm/assay-test-XXXXXX";
  ASSERT_NE(::mkdtemp(shared.data()), nullptr);
  const auto code = shell("test -d " + shared);
  ASSERT_EQ(::rmdir(shared.c_str()), 0);
  if (forbidden(code)) GTEST_SKIP() << to_string(code.error());
  ASSERT_TRUE(code) << to_string(code.error());
  EXPECT_EQ(*code, 0);
}

/// Takes CAP_SYS_ADMIN from this thread's effective capabilities, and gives it back.
class WithoutSysAdmin {
 public:
  WithoutSysAdmin() {
    ::syscall(SYS_capget, &header_, before_.data());
    auto less = before_;
    less[0].effective &= ~(1U << CAP_SYS_ADMIN);
    done_ = ::syscall(SYS_capset, &header_, less.data()) == 0;
  }
  WithoutSysAdmin(const WithoutSysAdmin&) = delete;
  WithoutSysAdmin& operator=(const WithoutSysAdmin&) = delete;
  ~WithoutSysAdmin() { ::syscall(SYS_capset, &header_, before_.data()); }
  [[nodiscard]] bool done() const { return done_; }

 private:
  __user_cap_header_struct header_{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> before_{};
  bool done_ = false;
};

TEST_F(Inside, RootWithoutItsPowersIsAsAnybody) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root has powers to lose";
  const WithoutSysAdmin container;
  ASSERT_TRUE(container.done());
  // Another user namespace than ours, in which the program is root all the same.
  std::array<char, 64> ours{};
  ASSERT_GT(::readlink("/proc/self/ns/user", ours.data(), ours.size() - 1), 0);
  ASSERT_INSIDE("test $(id -u) = 0 && test \"$(readlink /proc/self/ns/user)\" != '" +
                    std::string(ours.data()) + "'",
                0);
}

TEST_F(Inside, LeavesTheMachineOutsideAsItIs) {
  const bool before = std::filesystem::exists("/sys/kernel/security/tpm0");
  ASSERT_INSIDE("true", 0);
  EXPECT_EQ(std::filesystem::exists("/sys/kernel/security/tpm0"), before);
}

TEST_F(Inside, NamesAProgramThatIsNotThere) {
  const auto code = run_inside({.command = {"/no/such/program"},
                                .tpm_socket = "tpm.sock",
                                .event_log = {},
                                .environment = {}});
  if (forbidden(code)) GTEST_SKIP() << to_string(code.error());
  ASSERT_FALSE(code);
  EXPECT_EQ(code.error().fault, Fault::unavailable);
  EXPECT_EQ(code.error().where, "/no/such/program");
}

/// Answers every command with itself.
class Echo final : public TpmChannel {
 public:
  Result<Buffer> execute(Bytes command) override { return to_buffer(command); }
};

/// What the bridge makes of `input`, and whether it was content.
std::pair<Buffer, bool> bridged(Bytes input) {
  std::array<int, 2> in{}, out{};
  EXPECT_EQ(::pipe(in.data()), 0);
  EXPECT_EQ(::pipe(out.data()), 0);
  EXPECT_EQ(::write(in[1], input.data(), input.size()), static_cast<ssize_t>(input.size()));
  ::close(in[1]);
  Echo echo;
  const bool content = bridge_tpm(in[0], out[1], echo).has_value();
  ::close(out[1]);
  Buffer got(8192);
  const ssize_t n = ::read(out[0], got.data(), got.size());
  got.resize(static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
  ::close(in[0]);
  ::close(out[0]);
  return {got, content};
}

TEST(TpmBridge, CarriesWholeCommands) {
  const Buffer two = {0x80, 1,    0, 0, 0, 12, 0,  0, 1, 0x44, 0,
                      0,    0x80, 1, 0, 0, 0,  10, 0, 0, 1,    0x7A};
  EXPECT_EQ(bridged(two), std::pair(two, true));
  EXPECT_EQ(bridged({}), std::pair(Buffer{}, true));
}

TEST(TpmBridge, RefusesPartsOfCommands) {
  const Buffer one = {0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x44, 0, 0};
  EXPECT_EQ(bridged(Bytes(one).first(5)), std::pair(Buffer{}, false));
  EXPECT_EQ(bridged(Bytes(one).first(11)), std::pair(Buffer{}, false));
  EXPECT_EQ(bridged(Bytes(one).first(10)), std::pair(Buffer{}, false));
  Buffer huge = one;
  huge[2] = 1;
  EXPECT_EQ(bridged(huge), std::pair(Buffer{}, false));
}

}  // namespace
}  // namespace assay
