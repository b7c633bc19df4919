// SPDX-License-Identifier: Apache-2.0
#include "policy/measured_kernel.h"

#include <gmock/gmock.h>

#include "base/hex.h"
#include "formats/recorded.h"
#include "policy/appraisal_policy.h"
#include "verify/replayed_log.h"

namespace assay {
namespace {

using testing::Contains;

Digest digest(std::uint8_t value) { return Digest(HashAlgorithm::sha256, Buffer(32, value)); }

/// "01 02", "not said".
std::string kernel_of(const MachineState& machine) {
  const auto found = measured_kernel(machine);
  if (!found) return "not said";
  std::string out;
  for (const Digest& d : *found) out += hex(d.bytes()).substr(0, 2) + " ";
  return out;
}

/// GRUB with some commands and the files 1, 2, 3, ...
MachineState with_grub(std::vector<std::string> commands, std::uint8_t files) {
  MachineState out;
  out.grub.emplace();
  out.grub->commands = std::move(commands);
  for (std::uint8_t i = 1; i <= files; ++i) out.grub->files.push_back({digest(i), "/x"});
  out.kernel_command_line = "ro";
  out.efi.emplace();
  out.efi->applications = {digest(0xA1), digest(0xA2)};
  return out;
}

struct GrubCase {
  std::vector<std::string> commands;
  std::uint8_t files;
  std::string kernel;
};

TEST(MeasuredKernel, OfGrubIsTheFileOfItsLastLinuxCommand) {
  const GrubCase cases[] = {
      {{"grub_cmd: linux /k ro"}, 1, "01 "},
      {{"grub_cmd: linux /k ro", "kernel_cmdline: /k ro"}, 3, "03 "},
      {{"grub_cmd: insmod x", "grub_cmd: linux /k", "grub_cmd: initrd /i"}, 3, "02 "},
      {{"grub_cmd: linux /k", "grub_cmd: echo hi", "grub_cmd: initrd /i /j"}, 3, "01 "},
      {{"grub_cmd: linux /k", "grub_cmd: initrd /i", "grub_cmd: linux /l"}, 3, "03 "},
      {{"grub_cmd: linuxefi /k", "grub_cmd: initrdefi /i"}, 2, "01 "},
      {{"grub_cmd: ! linux /k ro", "grub_cmd: time initrd /i"}, 2, "01 "},
      {{"grub_cmd: time ! time linux /k ro"}, 2, "02 "},
      // Files that are not there, and commands that may have read some.
      {{"grub_cmd: linux /k"}, 0, "not said"},
      {{"grub_cmd: linux /k", "grub_cmd: initrd /i"}, 1, "not said"},
      {{"grub_cmd: linux /k", "grub_cmd: cat /k"}, 3, "not said"},
      {{"grub_cmd: linux /k", "grub_cmd: source /c"}, 3, "not said"},
      {{"grub_cmd: linux /k", "grub_cmd: insmod x"}, 3, "not said"},
      {{"grub_cmd: linux /k", "grub_cmd: nonsense"}, 3, "not said"},
      {{"grub_cmd: linux /k", "grub_cmd: set lang=x"}, 3, "not said"},  // reads a translation
      // Nothing of Linux.
      {{"grub_cmd: chainloader /w"}, 1, "not said"},
      {{"kernel_cmdline: /k ro"}, 1, "not said"},
      {{"linux /k"}, 1, "not said"},
      {{}, 1, "not said"},
  };
  for (const GrubCase& c : cases)
    EXPECT_EQ(kernel_of(with_grub(c.commands, c.files)), c.kernel)
        << testing::PrintToString(c.commands);
}

TEST(MeasuredKernel, IsGrubsWhereItWasToldToLoadOneInWhateverWords) {
  for (const char* text :
       {"grub_cmd: linux /k", "grub_cmd: ! linux /k", "grub_cmd: time linux16 /k",
        "grub_cmd: ! time ! linuxefi /k", "grub_cmd: multiboot /k", "kernel_cmdline: /k ro"})
    EXPECT_TRUE(loads_linux(*with_grub({text}, 1).grub)) << text;
  for (const char* text : {"grub_cmd: echo linux /k", "grub_cmd: chainloader /k",
                           "grub_cmd: menuentry x { linux /k }", "linux /k"})
    EXPECT_FALSE(loads_linux(*with_grub({text}, 1).grub)) << text;
}

TEST(MeasuredKernel, OfAUnifiedImageIsItsSection) {
  MachineState machine;
  machine.uki.emplace();
  machine.uki->sections = {{".linux", digest(1)}, {".initrd", digest(2)}};
  EXPECT_EQ(kernel_of(machine), "not said");  // nothing says what brought the sections
  machine.efi.emplace();
  EXPECT_EQ(kernel_of(machine), "not said");
  // Whoever starts another program can extend the section, and cannot hide the program.
  machine.efi->applications = {digest(0xA1), digest(0xA2)};
  EXPECT_EQ(kernel_of(machine), "01 a2 ");
  machine.uki->sections[0].name = ".osrel";
  EXPECT_EQ(kernel_of(machine), "not said");
  // Told twice, both must be listed.
  MachineState both = with_grub({"grub_cmd: linux /k"}, 2);
  both.uki.emplace();
  both.uki->sections = {{".linux", digest(9)}};
  EXPECT_EQ(kernel_of(both), "09 02 ");
}

TEST(MeasuredKernel, IsElseTheLastApplicationWhereItsStubRan) {
  MachineState machine = with_grub({}, 0);
  machine.grub = std::nullopt;
  EXPECT_EQ(kernel_of(machine), "a2 ");
  MachineState silent = machine;
  silent.kernel_command_line = std::nullopt;
  EXPECT_EQ(kernel_of(silent), "not said");
  machine.efi->applications.clear();
  EXPECT_EQ(kernel_of(machine), "not said");
  machine.efi = std::nullopt;
  EXPECT_EQ(kernel_of(machine), "not said");
}

MachineState machine_of(const std::string& boot) {
  const Buffer bytes = boot_file(boot + "/binary_bios_measurements");
  const auto log = parse_event_log(bytes);
  EXPECT_TRUE(log);
  const HashAlgorithm banks[] = {HashAlgorithm::sha256};
  Verdict verdict;
  return read_machine_state(replay(*log, banks), verdict);
}

/// The kernels of tests/boots, as `tpm2_eventlog` prints them.
TEST(MeasuredKernel, IsKnownOfTheRecordedBoots) {
  const std::pair<const char*, const char*> kernels[] = {
      {"nosb", "51349501a3d1ff83836437d2b365fd2d57f2feb8642d315e5181dec23d4c3275"},
      {"sb", "51349501a3d1ff83836437d2b365fd2d57f2feb8642d315e5181dec23d4c3275"},
      {"sbfull", "26f2e57c99338fea"},
      // An old systemd-stub: the firmware saw the kernel in it, too.
      {"uki", "51349501a3d1ff83836437d2b365fd2d57f2feb8642d315e5181dec23d4c3275"},
  };
  for (const auto& [boot, wanted] : kernels) {
    const MachineState machine = machine_of(boot);
    const auto found = measured_kernel(machine);
    ASSERT_TRUE(found) << boot;
    ASSERT_EQ(found->size(), machine.uki ? 2u : 1u) << boot;
    EXPECT_EQ(hex(found->front().bytes()).substr(0, std::string_view(wanted).size()), wanted)
        << boot;
  }
}

/// What some boots started, as elements of a list.
std::string applications_of(std::initializer_list<const char*> boots) {
  std::string out;
  for (const char* boot : boots) {
    const MachineState machine = machine_of(boot);
    for (const Digest& d : machine.efi->applications) out += '"' + show(d) + "\", ";
  }
  return out;
}

TEST(KernelsWithin, JudgesTheRecordedBoots) {
  const auto failing = [](const char* boot, const std::string& rules) {
    const auto policy = AppraisalPolicy::parse(
        "p",
        "accept_any = [\"platform\", \"secure_boot\", \"instance\"]\n"
        "applications.within = [" +
            applications_of({"sb", "sbfull", "uki"}) + "]\n[kernel]\n" + rules);
    EXPECT_TRUE(policy) << to_string(policy.error());
    std::vector<std::string> out;
    const Verdict verdict = policy->appraise_machine(machine_of(boot));
    for (const Check& c : verdict.checks())
      if (c.verdict == CheckVerdict::fail) out.push_back(c.id);
    return out;
  };
  const std::string kernel = "51349501a3d1ff83836437d2b365fd2d57f2feb8642d315e5181dec23d4c3275",
                    initrd = "252537162caa0219e00b3e1c03fab37036f7796fe44bebf5a10eff3f4b602b5f",
                    config = "ea95eb656db4d57a0376fb9f4dce1faf8e90e0f39896172dbc5d7b79c24f09c0";
  const auto of = [](const std::string& digest) {
    return "kernels_within = [\"" + digest + "\"]\n";
  };
  const std::string files =
      "grub_files_within = [\"" + kernel + "\", \"" + initrd + "\", \"" + config + "\"]\n";
  EXPECT_THAT(failing("sb", of(kernel) + files), testing::IsEmpty());
  EXPECT_THAT(failing("sb", of(initrd) + files), testing::ElementsAre("policy.kernel.kernels"));
  EXPECT_THAT(failing("sbfull", of(kernel) + files), Contains("policy.kernel.kernels"));
  // Without a list of GRUB's other files the kernel could be any of them.
  EXPECT_THAT(failing("sb", of(kernel)), testing::ElementsAre("policy.kernel.grub_files"));
  // A unified kernel image has no files that GRUB read.
  const std::string image = show(machine_of("uki").efi->applications.back());
  EXPECT_THAT(failing("uki", of(kernel + "\", \"" + image)), testing::IsEmpty());
  EXPECT_THAT(failing("uki", of(kernel)), testing::ElementsAre("policy.kernel.kernels"));
  EXPECT_THAT(failing("uki", of(image)), testing::ElementsAre("policy.kernel.kernels"));
  EXPECT_THAT(failing("uki", of(initrd)), testing::ElementsAre("policy.kernel.kernels"));
}

}  // namespace
}  // namespace assay
