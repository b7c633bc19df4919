// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "base/hex.h"
#include "cli/eventlog_baseline.h"
#include "cli/eventlog_diff.h"
#include "cli/eventlog_explain.h"
#include "cli/eventlog_predict.h"
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

/// What a command says on both streams together.
template <class Options>
Answer said(int (*run)(const Options&, Io), const Options& options) {
  std::ostringstream out, err;
  const int code = run(options, Io{out, err});
  return {code, out.str() + err.str()};
}

Answer compared(const std::string& before, const std::string& after, bool json = false) {
  EventLogDiffOptions options;
  options.before = before;
  options.after = after;
  options.json = json;
  return said(run_eventlog_diff, options);
}
Answer predicted(const std::string& log, const std::string& setting, bool json = false) {
  EventLogPredictOptions options;
  options.log = log;
  options.set = {setting};
  options.json = json;
  return said(run_eventlog_predict, options);
}
Answer learned(const std::string& log) {
  EventLogBaselineOptions options;
  options.logs = {log};
  return said(run_eventlog_baseline, options);
}

/// The log of sb, in which somebody wrote another command line over the one that was measured.
Buffer edited_log() {
  Buffer log = boot_file("sb/binary_bios_measurements");
  for (;;) {
    const auto at = as_text(log).find("lab=sb");
    if (at == std::string_view::npos) return log;
    log[at] = 'X';
  }
}

TEST(EventlogCommands, SayFirstThatALogContradictsItself) {
  const ScratchFile edited(edited_log());
  const std::string log = edited.path().string();
  const auto says = AllOf(HasSubstr(log + " contradicts itself"),
                          HasSubstr("FAIL  eventlog.data.measured/sha256"),
                          HasSubstr("(PCR 8, EV_IPL)"), Not(HasSubstr("Xab=sb")));
  const Answer same = compared(boot_log("sb"), log);
  EXPECT_EQ(same.code, kRejected);
  EXPECT_THAT(same.out, AllOf(says, Not(HasSubstr("measured the same"))));
  const Answer other = compared(boot_log("sbfull"), log, true);
  EXPECT_EQ(other.code, kRejected);
  EXPECT_EQ(other.json().at("verdict"), "rejected");
  EXPECT_EQ(other.json().at("checks").at(0).at("log").as_string(), log);
  EXPECT_EQ(other.json().at("differ"), true);
  EXPECT_THAT(other.out, Not(HasSubstr("Xab=sb")));
  EventLogExplainOptions options;
  options.log = log;
  options.pcrs = ASSAY_SOURCE_DIR "/tests/boots/sb/pcrs.yaml";
  const Answer held = said(run_eventlog_explain, options);
  EXPECT_EQ(held.code, kRejected);
  EXPECT_THAT(held.out, AllOf(says, HasSubstr("that the TPM holds, but was changed")));
  const Answer ahead = predicted(log, "boot_order=0001");
  EXPECT_EQ(ahead.code, kRejected);
  EXPECT_THAT(ahead.out, AllOf(says, Not(HasSubstr("will change"))));
  const Answer policy = learned(log);
  EXPECT_EQ(policy.code, kRejected);
  EXPECT_THAT(policy.out, AllOf(says, Not(HasSubstr("accept_any"))));
}

TEST(EventlogReplay, WarnsOfALogThatContradictsItself) {
  const ScratchFile edited(edited_log());
  std::ostringstream out, err;
  EXPECT_EQ(run_eventlog_replay(LogFileOptions{edited.path(), true}, Io{out, err}), kAccepted);
  EXPECT_THAT(err.str(), HasSubstr("contradicts itself: eventlog.data.measured/sha256"));
  EXPECT_EQ(out.str(), replayed(boot_log("sb")).out);
}

TEST(EventlogCommands, SayWhatAFileIsThatIsNoLogOfABoot) {
  const std::string ima = ASSAY_SOURCE_DIR "/tests/boots/sb/ima_ascii";
  const Answer list = compared(boot_log("sb"), ima);
  EXPECT_EQ(list.code, kRejected);
  EXPECT_THAT(list.out, AllOf(HasSubstr("FAIL  eventlog.log.format"),
                              HasSubstr("this is an IMA list (ima-ascii)"),
                              HasSubstr("give the boot's log")));
  const Answer none = learned(boot_log("nosblegacy"));
  EXPECT_EQ(none.code, kRejected);
  EXPECT_THAT(none.out, AllOf(HasSubstr("FAIL  eventlog.log.format"), HasSubstr("EFI stub")));
  const Answer ahead = predicted(ima, "boot_order=0001", true);
  EXPECT_EQ(ahead.json().at("checks").at(0).at("id"), "eventlog.log.format");
}

TEST(EventlogCommands, KnowTheRegistersOfATeeByTheirNames) {
  const std::string logs = ASSAY_SOURCE_DIR "/../shared/corpus/eventlogs/ccel/";
  const std::string off = logs + "cos-113-intel-tdx.bin", on = logs + "trustee_CCEL_data_grub.bin";
  if (!std::filesystem::exists(off)) GTEST_SKIP() << "no corpus";
  const Answer diff = compared(off, on);
  EXPECT_EQ(diff.code, kAccepted);
  EXPECT_THAT(diff.out,
              AllOf(HasSubstr("RTMR0, RTMR1 and RTMR2 differ"),
                    HasSubstr(" 1. Secure Boot was switched  (RTMR0)\n     RTMR0  event 3 "
                              "  Secure Boot: on, was off"),
                    Not(HasSubstr("PCR 1 "))));
  for (const Answer& refused : {learned(on), predicted(on, "secure_boot=off")}) {
    EXPECT_EQ(refused.code, kRejected);
    EXPECT_THAT(refused.out, HasSubstr("the log is of CC registers (RTMR0 to RTMR3)"));
  }
  const Answer mixed = compared(boot_log("sb"), on);
  EXPECT_EQ(mixed.code, kRejected);
  EXPECT_THAT(mixed.out, HasSubstr("they cannot be compared"));
  const auto refusal = [](auto run, const auto& options) {
    std::ostringstream out, err;
    EXPECT_EQ(run(options, Io{out, err}), kRejected);
    const auto object = Answer{kRejected, out.str()}.json();
    EXPECT_EQ(object.at("verdict"), "rejected");
    EXPECT_EQ(object.at("checks"), json::array());
    EXPECT_EQ("assay: " + std::string(object.at("error").as_string()) + "\n", err.str());
    return object;
  };
  EXPECT_THAT(
      std::string(refusal(run_eventlog_diff,
                          EventLogDiffOptions{.before = boot_log("sb"), .after = on, .json = true})
                      .at("error")
                      .as_string()),
      HasSubstr("they cannot be compared"));
  refusal(run_eventlog_explain,
          EventLogExplainOptions{.log = on, .pcrs = {}, .good = boot_log("sb"), .json = true});
  refusal(
      run_eventlog_predict,
      EventLogPredictOptions{.log = on, .set = {"secure_boot=off"}, .output = {}, .json = true});
}

TEST(EventlogPredict, NamesAFileThatIsNoImage) {
  const std::string file = ASSAY_SOURCE_DIR "/tests/boots/sb/pcrs.yaml";
  const Answer got = predicted(boot_log("sb"), "kernel=" + file);
  EXPECT_EQ(got.code, kUsage);
  EXPECT_THAT(got.out, HasSubstr(file + ": want the kernel as an EFI image (PE)"));
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
