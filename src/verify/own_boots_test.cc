// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "base/byte_writer.h"
#include "crypto/hash.h"
#include "formats/recorded.h"
#include "formats/uefi.h"
#include "verify/looked_log.h"

namespace assay {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// The running system extends PCR 12 and shows a command line that its image never had.
TEST(OwnBoots, AreNotGivenACommandLineAfterwards) {
  Buffer log = boot_file("ukisb/binary_bios_measurements");
  const Buffer forged = utf16le("console=ttyS0 lockdown=confidentiality");
  ByteWriter w;
  w.bytes(log).u32_le(12).u32_le(static_cast<std::uint32_t>(EventType::ipl)).u32_le(3);
  w.u16_le(0x0004).bytes(hash(HashAlgorithm::sha1, forged).bytes());
  w.u16_le(0x000B).bytes(hash(HashAlgorithm::sha256, forged).bytes());
  w.u16_le(0x000C).bytes(hash(HashAlgorithm::sha384, forged).bytes());
  w.u32_le(static_cast<std::uint32_t>(forged.size())).bytes(forged);
  const Looked got(w.take());
  EXPECT_THAT(findings(got.statement.verdict), IsEmpty());
  EXPECT_EQ(got.statement.state.kernel_command_line, std::nullopt);
}

/// Genuine sections relabelled, so that others could be extended in their place.
TEST(OwnBoots, HideNoSectionUnderAnotherType) {
  Buffer log = boot_file("uki/binary_bios_measurements");
  const auto parsed = parse_event_log(log);
  ASSERT_TRUE(parsed);
  std::size_t relabelled = 0;
  for (const Event& e : parsed->events)
    if (e.pcr == 11 && relabelled++ < 2)
      log[e.offset + 4] = static_cast<std::uint8_t>(EventType::compact_hash);
  const Looked got(std::move(log));
  EXPECT_THAT(findings(got.statement.verdict),
              ElementsAre("boot.uki.sections: event 24 (PCR 11, EV_COMPACT_HASH): not a section"));
  EXPECT_EQ(got.statement.state.uki, std::nullopt);
}

/// The six boots of tests/boots: what an operator would ask of each.
TEST(OwnBoots, AreUnderstood) {
  struct Boot {
    std::string_view name, command_line;
    std::optional<bool> secure_boot;
    std::vector<std::string> authorities;
    std::size_t applications, sections;
    bool shim;
  };
  const Boot boots[] = {
      {"nosb",
       "/boot/vmlinuz root=/dev/ram0 console=ttyS0 ro quiet panic=5 lab=nosb",
       false,
       {},
       1,
       0,
       false},
      {"sb",
       "/boot/vmlinuz root=/dev/ram0 console=ttyS0 ro quiet panic=5 lab=sb",
       true,
       {"db", "SbatLevel", "MokListRT"},
       4,
       0,
       true},
      {"sbfull",
       "/boot/vmlinuz root=/dev/ram0 console=ttyS0 ro quiet panic=5 lab=sbfull "
       "module.sig_enforce=1 systemd.verity=1",
       true,
       {"db", "SbatLevel", "MokListRT"},
       4,
       0,
       true},
      {"uki", "", false, {}, 2, 4, false},
      {"ukisb", "", true, {"db"}, 1, 4, false},
  };
  for (const Boot& boot : boots) {
    SCOPED_TRACE(boot.name);
    const Looked log(boot_file(std::string(boot.name) + "/binary_bios_measurements"));
    EXPECT_THAT(findings(log.statement.verdict), IsEmpty());
    EXPECT_EQ(stands(log.statement), "PSAK");
    const MachineState& state = log.statement.state;
    EXPECT_EQ(state.kernel_command_line.value_or(""), boot.command_line);
    EXPECT_EQ(state.secure_boot.enabled, boot.secure_boot);
    std::vector<std::string> names;
    for (const Authority& authority : state.secure_boot.authorities)
      names.push_back(authority.name);
    EXPECT_EQ(names, boot.authorities);
    ASSERT_TRUE(state.efi);
    EXPECT_THAT(state.efi->applications, SizeIs(boot.applications));
    EXPECT_EQ(state.uki ? state.uki->sections.size() : 0, boot.sections);
    EXPECT_EQ(state.shim && state.shim->sbat_level, boot.shim);
  }
  const Looked none(boot_file("nosblegacy/binary_bios_measurements"));
  EXPECT_THAT(
      findings(none.statement.verdict),
      ElementsAre(
          "eventlog.log.format: record 0 at offset 0: event_log: empty; 0 events before it"));
}

/// Who wrote the unified kernel image can compute these: recipe/ keeps no image, but the stub and
/// Linux measured the same initrd.
TEST(OwnBoots, NameTheSectionsOfAUnifiedKernelImage) {
  const Looked log(boot_file("ukisb/binary_bios_measurements"));
  ASSERT_TRUE(log.statement.state.uki);
  std::vector<std::string> names;
  for (const UkiState::Section& s : log.statement.state.uki->sections) names.push_back(s.name);
  EXPECT_THAT(names, ElementsAre(".linux", ".osrel", ".cmdline", ".initrd"));
  ASSERT_THAT(log.statement.state.initrds, SizeIs(2));
  EXPECT_EQ(log.statement.state.initrds[0], log.statement.state.initrds[1]);
  EXPECT_EQ(log.statement.state.uki->sections[3].digest, log.statement.state.initrds[0]);
}

}  // namespace
}  // namespace assay
