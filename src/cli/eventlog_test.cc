// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "base/hex.h"
#include "cli/eventlog_diff.h"
#include "cli/eventlog_replay.h"
#include "cli/eventlog_show.h"
#include "formats/event_log_writer.h"
#include "formats/recorded.h"
#include "host/file.h"

namespace assay {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

struct Answer {
  int code;
  std::string out;
  [[nodiscard]] json::object json() const {
    return parse_json_object("output", out, {.bytes = 1 << 24}).value();
  }
};

std::filesystem::path boot_log(std::string_view boot) {
  return std::filesystem::path(ASSAY_SOURCE_DIR "/tests/boots") / boot / "binary_bios_measurements";
}

template <class Run>
Answer answer(Run run, const std::filesystem::path& file, bool json) {
  std::ostringstream out, err;
  const int code = run(LogFileOptions{file, json}, Io{out, err});
  return {code, out.str() + err.str()};
}
Answer show(const std::filesystem::path& file, bool json = true) {
  return answer(run_eventlog_show, file, json);
}
Answer replayed(const std::filesystem::path& file, bool json = true) {
  return answer(run_eventlog_replay, file, json);
}

std::vector<std::string> keys(const json::object& object) {
  std::vector<std::string> out;
  for (const auto& member : object) out.emplace_back(member.key());
  return out;
}

/// A file that is gone with the test.
class ScratchFile {
 public:
  explicit ScratchFile(Bytes bytes) {
    EXPECT_TRUE(write_file(directory_.path() / "log", bytes, FileAccess::everybody));
  }
  [[nodiscard]] std::filesystem::path path() const { return directory_.path() / "log"; }

 private:
  TemporaryDirectory directory_ = TemporaryDirectory::make().value();
};

TEST(EventlogReplay, HasTheValuesThatTheTpmOfTheBootHad) {
  const Answer got = replayed(boot_log("sb"));
  EXPECT_EQ(got.code, kAccepted);
  const json::object object = got.json();
  EXPECT_EQ(keys(object), (std::vector<std::string>{"format", "events", "banks"}));
  EXPECT_EQ(object.at("format"), "crypto-agile");
  EXPECT_EQ(object.at("events"), 53);
  // As tpm2_pcrread wrote them in the guest.
  const Buffer yaml = boot_file("sb/pcrs.yaml");
  std::string read = to_text(yaml);
  std::transform(read.begin(), read.end(), read.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const auto& bank : object.at("banks").as_object())
    for (const auto& value : bank.value().as_object())
      EXPECT_THAT(read, HasSubstr("0x" + std::string(value.value().as_string()))) << value.key();
}

TEST(EventlogReplay, RefusesADamagedLogWithTheRecordAtFault) {
  Buffer log = boot_file("sb/binary_bios_measurements");
  log.resize(log.size() - 5);
  const ScratchFile file(log);
  const Answer got = replayed(file.path());
  EXPECT_EQ(got.code, kRejected);
  const json::object object = got.json();
  EXPECT_EQ(object.at("verdict"), "rejected");
  EXPECT_EQ(object.at("events"), 52);
  EXPECT_EQ(object.at("fault").at("event"), 53);
  EXPECT_EQ(object.at("fault").at("offset"), 18176);
  EXPECT_EQ(object.at("checks").at(0).at("id"), "eventlog.log.format");
  EXPECT_EQ(object.at("checks").at(0).at("verdict"), "fail");
}

TEST(EventlogShow, TellsTheBootInJson) {
  const Answer got = show(boot_log("sbfull"));
  EXPECT_EQ(got.code, kAccepted);
  const json::object object = got.json();
  EXPECT_EQ(object.at("verified"), false);
  EXPECT_THAT(std::string(object.at("note").as_string()), HasSubstr("not verified: no quote"));
  const json::object& event = object.at("events").at(21).as_object();
  EXPECT_EQ(event.at("number"), 22);
  EXPECT_EQ(event.at("offset"), 10159);
  EXPECT_EQ(event.at("register"), 7);
  EXPECT_EQ(event.at("type"), "EV_EFI_VARIABLE_AUTHORITY");
  EXPECT_EQ(event.at("data_trust"), "measured");
  EXPECT_EQ(event.at("says"), "image accepted by db: Microsoft Corporation UEFI CA 2011");
  const json::object& state = object.at("state").as_object();
  const json::object& secure_boot = state.at("secure_boot").as_object();
  EXPECT_EQ(secure_boot.at("enabled"), true);
  EXPECT_EQ(secure_boot.at("db").at("x509").as_array().size(), 2U);
  EXPECT_EQ(secure_boot.at("dbx").at("sha256").as_array().size(), 1U);
  EXPECT_EQ(secure_boot.at("authorities"), json::value({"db", "SbatLevel", "MokListRT"}));
  EXPECT_EQ(state.at("kernel_command_line"),
            "/boot/vmlinuz root=/dev/ram0 console=ttyS0 ro quiet panic=5 lab=sbfull "
            "module.sig_enforce=1 systemd.verity=1");
  const json::array& applications = state.at("efi_applications").as_array();
  ASSERT_EQ(applications.size(), 4U);
  EXPECT_EQ(keys(applications[0].as_object()),
            (std::vector<std::string>{"sha1", "sha256", "sha384"}));
}

TEST(EventlogShow, SaysNothingOfABootWhoseLogIsMalformed) {
  const Answer got = show(boot_log("nosblegacy"));
  EXPECT_EQ(got.code, kRejected);
  const json::object object = got.json();
  EXPECT_EQ(object.at("format"), nullptr);
  for (const auto& member : object.at("state").as_object())
    EXPECT_TRUE(member.value().is_null()) << member.key();
}

TEST(EventlogShow, LetsNothingOfALogMoveTheCursor) {
  Buffer log = boot_file("sb/binary_bios_measurements");
  // The name of a file that GRUB read: nobody measured it.
  const std::string_view name = "/boot/initrd.gz";
  const auto at = as_text(log).rfind(name);
  ASSERT_NE(at, std::string_view::npos);
  log[at] = 0x1B;
  const ScratchFile file(log);
  const Answer got = show(file.path(), false);
  EXPECT_EQ(got.code, kRejected);  // no such name is logged
  EXPECT_THAT(got.out, AllOf(HasSubstr("event 51"), Not(HasSubstr("\x1b"))));
}

TEST(EventlogShow, IsUnavailableWithoutItsFile) {
  EXPECT_EQ(show("/nonexistent/log").code, kUnavailable);
  EXPECT_EQ(replayed("/nonexistent/log").code, kUnavailable);
}

/// A recorded boot as firmware logs it that declares a SHA-384 bank and never uses it.
Buffer with_an_unused_bank(std::string_view boot) {
  const Buffer bytes = boot_file(std::string(boot) + "/binary_bios_measurements");
  const auto log = parse_event_log(bytes);
  EventLogWriter out({HashAlgorithm::sha256, HashAlgorithm::sha384});
  for (const Event& event : log.value().events) {
    if (event.type == EventType::no_action) continue;
    const Digest digest(HashAlgorithm::sha256, event.digest(HashAlgorithm::sha256).value());
    out.append(event.pcr, event.type, {&digest, 1}, event.data);
  }
  return out.take();
}

TEST(EventlogDiff, ComparesABankThatIsUsedNotTheStrongestDeclared) {
  const ScratchFile before(with_an_unused_bank("nosb")), after(with_an_unused_bank("sb"));
  std::ostringstream out, err;
  const EventLogDiffOptions options{
      .before = before.path(), .after = after.path(), .json = true, .exit_code = true};
  EXPECT_EQ(run_eventlog_diff(options, Io{out, err}), kRejected) << err.str();
  EXPECT_THAT(out.str(), HasSubstr("Secure Boot: on, was off"));
}

}  // namespace
}  // namespace assay
