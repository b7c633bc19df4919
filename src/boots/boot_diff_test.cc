// SPDX-License-Identifier: Apache-2.0
#include "boots/boot_diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "boots/boot_cause.h"
#include "boots/predicted_boot.h"
#include "boots/testing.h"
#include "formats/testing.h"
#include "formats/uefi.h"

namespace assay {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;

/// The last certificate of a recorded machine's KEK, to add elsewhere.
Buffer certificate() {
  const auto log = recorded_log("sb");
  const auto parsed = parse_event_log(*log);
  for (const Event& e : parsed->events) {
    const auto variable = parse_uefi_variable(e.data);
    if (!variable || variable->name != "KEK") continue;
    return to_buffer(parse_signature_lists(variable->data)->back().data);
  }
  return {};
}

Buffer new_image() { return pe_image(PeShape{}); }

/// One kind of change, and what must be said about it.
struct Change {
  const char* name;
  const char* boot;
  Status (*change)(PredictedBoot&);
  BootPart cause;  ///< the one cause that must be named
  std::vector<std::uint32_t> pcrs;
  const char* words;  ///< of the first change
};

const Change kChanges[] = {
    {"another kernel, without Secure Boot",
     "nosb",
     [](PredictedBoot& b) { return b.file(BootPart::kernel, new_image()); },
     BootPart::kernel,
     {9},
     "kernel (file): sha256 fa7bd13f27ae736b..., was sha256 51349501a3d1ff83..."},
    {"another kernel, with Secure Boot",
     "sb",
     [](PredictedBoot& b) { return b.file(BootPart::kernel, new_image()); },
     BootPart::kernel,
     {4, 9},
     "kernel"},
    {"another initrd",
     "sb",
     [](PredictedBoot& b) { return b.file(BootPart::initrd, as_bytes("initrd")); },
     BootPart::initrd,
     {9},
     "initial RAM disk (file): sha256 09e6c018d2c8c490..., was sha256 252537162caa0219..."},
    {"another initrd that RHEL 8's GRUB measures without its path",
     "rhel8",
     [](PredictedBoot& b) { return b.file(BootPart::initrd, as_bytes("initrd")); },
     BootPart::initrd,
     {9},
     "initial RAM disk (file): sha256 09e6c018d2c8c490..., was sha256 df08d49b7c52bbd8..."},
    {"a file of GRUB's by its path as the log has it",
     "sb",
     [](PredictedBoot& b) {
       return b.bootloader_file("(hd0,gpt1)/EFI/debian/grub.cfg", as_bytes("set x=1"));
     },
     BootPart::bootloader_config,
     {9},
     "boot loader's configuration"},
    {"another command line",
     "sb",
     [](PredictedBoot& b) { return b.command_line("root=/dev/ram0 console=ttyS0 ro debug"); },
     BootPart::command_line,
     {8},
     "kernel command line: +debug -quiet -panic=5 -lab=sb"},
    {"another shim",
     "sb",
     [](PredictedBoot& b) { return b.file(BootPart::shim, new_image()); },
     BootPart::shim,
     {4},
     "shim"},
    {"a new SBAT level",
     "sb",
     [](PredictedBoot& b) { return b.sbat_level("sbat,1,2030\nshim,9\n"); },
     BootPart::shim,
     {7},
     "SBAT level: sbat,1,2030 shim,9, was sbat,1,2025021800 shim,4 grub,5"},
    {"another boot loader",
     "sb",
     [](PredictedBoot& b) { return b.file(BootPart::bootloader, new_image()); },
     BootPart::bootloader,
     {4},
     "boot loader"},
    {"another grub.cfg",
     "sb",
     [](PredictedBoot& b) {
       return b.bootloader_file("/EFI/debian/grub.cfg", as_bytes("set x=1"));
     },
     BootPart::bootloader_config,
     {9},
     "boot loader's configuration"},
    {"Secure Boot switched off",
     "sb",
     [](PredictedBoot& b) { return b.secure_boot(PredictedBoot::SecureBootSwitch::off); },
     BootPart::secure_boot,
     {7},
     "Secure Boot: off, was on"},
    {"a certificate added to db",
     "sb",
     [](PredictedBoot& b) { return b.add_signature("db", kX509Guid, certificate()); },
     BootPart::keys,
     {7},
     "db: 3 entries, before 2: +"},
    {"an image revoked",
     "sb",
     [](PredictedBoot& b) { return b.add_signature("dbx", kSha256Guid, Buffer(32, 7)); },
     BootPart::dbx,
     {7},
     "dbx: 2 entries, before 1: +0707070707070707..."},
    {"machine owner keys",
     "sb",
     [](PredictedBoot& b) { return b.machine_owner_keys(as_bytes("keys")); },
     BootPart::mok,
     {14},
     "machine owner keys"},
    {"boot order",
     "sb",
     [](PredictedBoot& b) { return b.boot_order({2, 1}); },
     BootPart::settings,
     {1},
     "BootOrder: 4 bytes, were 6"},
    {"another unified kernel image",
     "uki",
     [](PredictedBoot& b) {
       return b.unified_kernel(pe_image({{".linux", new_image()},
                                         {".cmdline", to_buffer(as_bytes("ro"))},
                                         {".initrd", to_buffer(as_bytes("initrd"))}}));
     },
     BootPart::kernel,
     {4, 9, 11},
     "kernel"},
    {"a new firmware version",
     "cos-85",
     [](PredictedBoot& b) { return b.gce_firmware_version(2); },
     BootPart::firmware,
     {0},
     "firmware: \"GCE Virtual Firmware v2\", was \"GCE Virtual Firmware v1\""},
    {"another technology",
     "cos-85",
     [](PredictedBoot& b) { return b.technology(ConfidentialTechnology::none); },
     BootPart::technology,
     {0},
     "technology: none, was AMD SEV"},
};

TEST(BootDiff, NamesEachKindOfChangeAndItsCause) {
  for (const Change& row : kChanges) {
    SCOPED_TRACE(row.name);
    auto bytes = recorded_log(row.boot);
    if (!bytes) {
      std::cerr << "skipped without the corpus: " << row.name << "\n";
      continue;
    }
    const Boot before(std::move(*bytes));
    PredictedBoot boot(before.replayed());
    const auto changed = row.change(boot);
    ASSERT_TRUE(changed) << to_string(changed.error());
    const Boot after(boot.log());
    const auto diff = diff_boots(before.replayed(), after.replayed());
    ASSERT_TRUE(diff) << to_string(diff.error());
    EXPECT_THAT(diff->pcrs, ElementsAreArray(row.pcrs));
    ASSERT_FALSE(diff->changes.empty());
    EXPECT_THAT(diff->changes.front().words, testing::HasSubstr(row.words));
    const auto causes = likely_causes(*diff);
    EXPECT_EQ(name_of(causes.front().part), name_of(row.cause));
    EXPECT_THAT(causes.front().pcrs, ElementsAreArray(row.pcrs));
  }
}

TEST(BootDiff, APredictionWithoutChangesIsTheRecordedBoot) {
  for (const char* boot : {"nosb", "sb", "sbfull", "uki", "ukisb"}) {
    const Boot before(*recorded_log(boot));
    const Boot after(PredictedBoot(before.replayed()).log());
    const auto diff = diff_boots(before.replayed(), after.replayed());
    ASSERT_TRUE(diff);
    EXPECT_TRUE(diff->changes.empty()) << boot;
    for (std::size_t i = 0; i < before.replayed().banks.size(); ++i)
      EXPECT_EQ(before.replayed().banks[i].pcrs, after.replayed().banks[i].pcrs) << boot;
  }
}

/// One recorded boot predicted from another: sb and sbfull differ in their kernel and command line,
/// and the kernel of sb is that of nosb.
TEST(BootDiff, TellsTwoRecordedBootsApart) {
  const Boot sb(*recorded_log("sb")), full(*recorded_log("sbfull"));
  const auto diff = diff_boots(sb.replayed(), full.replayed());
  ASSERT_TRUE(diff);
  std::vector<std::string> causes;
  for (const BootCause& c : likely_causes(*diff)) causes.emplace_back(name_of(c.part));
  EXPECT_THAT(causes, ElementsAre("kernel", "command_line"));
}

TEST(BootDiff, FindsWhatThePredictionOfACommandLineMeasures) {
  const Boot sb(*recorded_log("sb")), full(*recorded_log("sbfull"));
  PredictedBoot boot(sb.replayed());
  const auto changed = boot.command_line("root=/dev/ram0 console=ttyS0 ro quiet panic=5 lab=sb");
  ASSERT_TRUE(changed);
  const Boot after(boot.log());
  EXPECT_EQ(after.replayed().banks[0].pcrs, sb.replayed().banks[0].pcrs);
}

TEST(BootDiff, WithoutSecureBootNothingVouchesForWhatRuns) {
  const Boot sb(*recorded_log("sb"));
  PredictedBoot boot(sb.replayed());
  ASSERT_TRUE(boot.secure_boot(PredictedBoot::SecureBootSwitch::off));
  EXPECT_THAT(boot.remarks(), ElementsAre(testing::HasSubstr("PCR 4: that cannot be told")));
  const MachineState state = Boot(boot.log()).state(HashAlgorithm::sha256);
  std::vector<std::string> names;
  for (const Authority& a : state.secure_boot.authorities) names.push_back(a.name);
  EXPECT_THAT(names, ElementsAre("SbatLevel"));
}

TEST(BootDiff, AKeyThatIsThereIsNotAddedAgain) {
  const Boot sb(*recorded_log("sb"));
  PredictedBoot boot(sb.replayed());
  ASSERT_TRUE(boot.add_signature("KEK", kX509Guid, certificate()));
  EXPECT_THAT(boot.remarks(), ElementsAre("KEK: has that entry already, so nothing changes"));
  EXPECT_EQ(Boot(boot.log()).replayed().banks[0].pcrs, sb.replayed().banks[0].pcrs);
}

TEST(BootDiff, RepeatsNoWordOfAnEditedEvent) {
  Buffer edited = *recorded_log("sbfull");
  for (;;) {
    const auto at = as_text(edited).find("lab=sbfull");
    if (at == std::string_view::npos) break;
    edited[at] = 'L';
  }
  const Boot before(*recorded_log("sb")), after(edited);
  const auto diff = diff_boots(before.replayed(), after.replayed());
  ASSERT_TRUE(diff);
  std::size_t doubted = 0;
  for (const BootChange& c : diff->changes) {
    EXPECT_THAT(c.words, testing::Not(testing::HasSubstr("Lab=")));
    doubted += c.trust == DataTrust::mismatch ? 1 : 0;
    EXPECT_EQ(c.trust == DataTrust::mismatch, c.words.find("MISMATCH") != std::string::npos);
  }
  EXPECT_EQ(doubted, 3U) << "the command, its arguments, and what they are set to";
}

TEST(BootDiff, SaysWhatTheLogCannotTell) {
  const Boot uki(*recorded_log("uki")), sb(*recorded_log("sb"));
  PredictedBoot boot(uki.replayed());
  EXPECT_EQ(to_string(boot.command_line("ro").error()),
            "command line: it is inside a unified kernel image: predict with that whole");
  EXPECT_EQ(to_string(boot.file(BootPart::kernel, {}).error()),
            "kernel: this machine boots a unified kernel image: predict with that whole");
  EXPECT_EQ(to_string(boot.file(BootPart::shim, {}).error()),
            "shim: the recorded boot did not measure it");
  EXPECT_EQ(to_string(boot.machine_owner_keys({}).error()),
            "MokList: the recorded boot did not measure it");
  EXPECT_EQ(to_string(PredictedBoot(sb.replayed()).unified_kernel({}).error()),
            "unified kernel image: the recorded boot did not measure it");
  EXPECT_EQ(to_string(PredictedBoot(sb.replayed()).gce_firmware_version(3).error()),
            "version of Google's firmware: the recorded boot did not measure it");
  EXPECT_EQ(to_string(PredictedBoot(sb.replayed()).bootloader_file("(hd9)/EFI/x", {}).error()),
            "(hd9)/EFI/x: the recorded boot did not measure it");
  const Boot nosb(*recorded_log("nosb"));
  using Switch = PredictedBoot::SecureBootSwitch;
  EXPECT_EQ(
      to_string(PredictedBoot(nosb.replayed()).secure_boot(Switch::on).error()),
      "secure_boot: which keys will vouch for what runs cannot be told from a boot with Secure "
      "Boot off: record a boot with it on");
  EXPECT_TRUE(PredictedBoot(nosb.replayed()).secure_boot(Switch::off)) << "as it is";
  EXPECT_EQ(to_string(PredictedBoot(sb.replayed()).remove_signature("db", kSha256Guid, {}).error()),
            "db: has no such entry to remove");
}

}  // namespace
}  // namespace assay
