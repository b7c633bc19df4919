// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bitset>
#include <functional>

#include "base/byte_writer.h"
#include "crypto/hash.h"
#include "formats/event_log_writer.h"
#include "formats/recorded.h"
#include "formats/uefi.h"
#include "verify/known_digests.h"
#include "verify/log_statement.h"
#include "verify/machine_state.h"

namespace assay {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::string_view kLine = "root=/dev/vda2 ro lockdown=confidentiality";
constexpr std::string_view kOther = "root=/dev/vda2 rw init=/bin/sh";

Buffer with_nul(std::string_view text) {
  Buffer out = utf16le(text);
  out.insert(out.end(), 2, 0);
  return out;
}

/// What boot loaders, stubs and the running system measure, in one bank.
class Log {
 public:
  Log& add(std::uint32_t pcr, EventType type, Bytes data, Bytes measured) {
    const Digest digest = hash(HashAlgorithm::sha256, measured);
    log_.append(pcr, type, {&digest, 1}, data);
    return *this;
  }
  /// As systemd-boot and systemd-stub since version 251.
  Log& systemd(std::string_view line) {
    const Buffer text = with_nul(line);
    return add(12, EventType::ipl, text, text);
  }
  /// As systemd-boot before: the last byte is measured and not logged.
  Log& old_systemd_boot(std::string_view line) {
    const Buffer text = with_nul(line);
    return add(8, EventType::ipl, Bytes(text).first(text.size() - 1), text);
  }
  Log& grub(std::string_view line) {
    const std::string command = "linux /vmlinuz " + std::string(line);
    const std::string given = "/vmlinuz " + std::string(line);
    text("grub_cmd: ", command);
    add(9, EventType::ipl, as_bytes(std::string_view("/vmlinuz\0", 9)), as_bytes("kernel"));
    return text("kernel_cmdline: ", given);
  }
  Log& section(std::string_view name, std::string_view content) {
    const Buffer named = with_nul(name);
    add(11, EventType::ipl, named, as_bytes(std::string(name) + '\0'));
    return add(11, EventType::ipl, named, as_bytes(content));
  }
  Log& load_options(std::string_view line) {
    return tagged(0x8F3B22ED, {"LOADED_IMAGE::LoadOptions\0", 26}, with_nul(line));
  }
  Log& action(std::string_view text) {
    return add(4, EventType::efi_action, as_bytes(text), as_bytes(text));
  }
  Log& application() {
    return add(4, EventType::efi_boot_services_application, Buffer(32, 0), as_bytes("an image"));
  }
  Log& initrd(Bytes measured) { return tagged(0x8F3B22EC, {"Linux initrd\0", 13}, measured); }
  Log& initrd() { return initrd(as_bytes("an initial RAM disk")); }

  Buffer take() { return log_.take(); }

 private:
  Log& text(std::string_view label, const std::string& text) {
    const std::string logged = std::string(label) + text + '\0';
    return add(8, EventType::ipl, as_bytes(logged), as_bytes(text));
  }
  Log& tagged(std::uint32_t tag, std::string_view name, Bytes measured) {
    ByteWriter w;
    w.u32_le(tag).u32_le(static_cast<std::uint32_t>(name.size())).bytes(as_bytes(name));
    return add(9, EventType::event_tag, w.take(), measured);
  }

  EventLogWriter log_{{HashAlgorithm::sha256}};
};

struct Case {
  std::string_view name;
  std::function<void(Log&)> boot;
  std::string_view line;         ///< believed; empty: none is
  std::string_view unconfirmed;  ///< shown and not believed
  std::string_view sources;      ///< what boot.kernel.sources says
  std::vector<std::uint32_t> silent = {};
};

const Check& check_of(const Verdict& verdict, std::string_view id) {
  for (const Check& check : verdict.checks())
    if (check.id == id) return check;
  ADD_FAILURE() << "no " << id;
  return verdict.checks().front();
}

void expect(const Case& c) {
  SCOPED_TRACE(c.name);
  Log log;
  c.boot(log);
  const Buffer bytes = log.take();
  const EventLogReading reading = read_event_log(bytes);
  ASSERT_FALSE(reading.fault);
  constexpr HashAlgorithm kBank = HashAlgorithm::sha256;
  ReplayedLog replayed = replay(reading.log, {&kBank, 1});
  for (const std::uint32_t pcr : c.silent) replayed.silent.set(pcr);
  Verdict verdict;
  const MachineState state = read_machine_state(replayed, verdict);
  EXPECT_EQ(state.kernel_command_line.value_or(""), c.line);
  EXPECT_EQ(state.command_line_measured_by.empty(), c.line.empty());
  EXPECT_EQ(state.unconfirmed_command_line.value_or(""), c.unconfirmed);
  const Check& sources = check_of(verdict, "boot.kernel.sources");
  EXPECT_EQ(sources.got, c.sources);
  EXPECT_EQ(sources.verdict, c.line.empty() ? CheckVerdict::absent : CheckVerdict::pass);
}

constexpr std::string_view kUnconfirmed =
    "Linux does not confirm it: its LoadOptions are not what PCR 9 begins with";

TEST(CommandLine, IsBelievedWhereAllThatMeasuredItAgree) {
  const std::string grub = "/vmlinuz " + std::string(kLine);
  const Case cases[] = {
      {"systemd-boot and Linux", [](Log& l) { l.systemd(kLine).load_options(kLine).initrd(); },
       kLine, "", "systemd, linux"},
      {"systemd-boot and the stub of an image without a line of its own",
       [](Log& l) {
         l.systemd(kLine).section(".linux", "kernel").systemd(kLine).load_options(kLine).initrd();
       },
       kLine, "", "systemd, linux"},
      {"an image's own line, measured again because it was given too",
       [](Log& l) {
         l.section(".linux", "kernel").section(".cmdline", std::string(kLine) + "\n");
         l.systemd(kLine).load_options(kLine);
       },
       kLine, "", "systemd, uki, linux"},
      {"an early systemd-boot", [](Log& l) { l.old_systemd_boot(kLine).load_options(kLine); },
       kLine, "", "systemd, linux"},
      {"GRUB alone", [](Log& l) { l.grub(kLine); }, grub, "", "grub"},
      {"GRUB and Linux",
       [](Log& l) { l.grub(kLine).load_options("BOOT_IMAGE=/vmlinuz " + std::string(kLine)); },
       grub, "", "grub, linux"},
      {"GRUB starts an image without a line of its own",
       [](Log& l) {
         l.grub(kLine).section(".linux", "kernel");
         l.systemd("BOOT_IMAGE=/vmlinuz " + std::string(kLine));
       },
       grub, "", "grub, systemd"},
  };
  for (const Case& c : cases) expect(c);
}

/// What a boot without a line of its own measured, and what the running system extends behind it to
/// pretend that there was one.  Registers keep what was measured first.
TEST(CommandLine, IsNotTheRunningSystemsWord) {
  const std::string grub = "/vmlinuz " + std::string(kLine);
  const Case cases[] = {
      {"behind the true one", [](Log& l) { l.systemd(kOther).load_options(kOther).systemd(kLine); },
       "", "", "several lines were measured, and they differ"},
      {"behind the true one, called an add-on",
       [](Log& l) {
         l.add(12, EventType::ipl, as_bytes("an add-on"), with_nul(kOther));
         l.load_options(kOther).systemd(kLine);
       },
       "", "", "event 1 (PCR 12, EV_IPL): may hide a line, or add to it"},
      {"behind the true one, that the log leaves out",
       [](Log& l) { l.old_systemd_boot(kLine).load_options(kLine); },
       "",
       "",
       "PCR 12 is not quoted, or holds what the log does not show",
       {12}},
      {"in an empty PCR 12, where Linux says another",
       [](Log& l) { l.load_options(kOther).initrd().systemd(kLine); }, "", kLine, kUnconfirmed},
      {"where Linux' own word is called an initial RAM disk, and another put behind it",
       [](Log& l) { l.initrd(with_nul(kOther)).systemd(kLine).load_options(kLine); }, "", kLine,
       kUnconfirmed},
      {"where Linux measured nothing", [](Log& l) { l.initrd().systemd(kLine); }, "", kLine,
       kUnconfirmed},
      {"beside an image with another one",
       [](Log& l) {
         l.section(".linux", "kernel").section(".cmdline", kOther).systemd(kLine);
         l.load_options(kLine);
       },
       "", "", "the kernel image has another one in .cmdline"},
      {"beside an image whose sections the log leaves out",
       [](Log& l) { l.systemd(kLine).load_options(kLine); },
       "",
       "",
       "PCR 11 is not quoted, or holds what the log does not show",
       {11}},
      {"beside an image whose sections are called something else",
       [](Log& l) {
         l.add(11, EventType::compact_hash, as_bytes("phase"), as_bytes(".cmdline"));
         l.systemd(kLine).load_options(kLine);
       },
       "", "", "event 1 (PCR 11, EV_COMPACT_HASH): may hide a section of a kernel image"},
      {"by a file that GRUB read, called LoadOptions",
       [](Log& l) {
         l.load_options(kLine);
         const std::string text = "grub_cmd: chainloader /vmlinuz\0";
         l.add(8, EventType::ipl, as_bytes(text), as_bytes("chainloader /vmlinuz"));
         l.systemd(kLine);
       },
       "", "", "event 2 (PCR 8, EV_IPL): another boot loader was at work"},
      {"of a start that returned, before the firmware started the kernel with another",
       [](Log& l) {
         l.action(kCallingApplication).application().systemd(kLine).load_options(kLine);
         l.action(kReturningFromApplication).action(kCallingApplication).application();
         l.initrd(as_bytes("not an initial RAM disk"));
       },
       "", "",
       "event 6 (PCR 4, EV_EFI_ACTION): what was started before may have measured the line"},
      {"as GRUB's, which was left",
       [](Log& l) {
         l.action(kCallingApplication).application().grub(kLine);
         l.action(kReturningFromApplication).action(kCallingApplication).application();
       },
       "", "",
       "event 7 (PCR 4, EV_EFI_ACTION): what was started before may have measured the line"},
      {"where Linux measured more than LoadOptions and one initial RAM disk",
       [](Log& l) {
         l.systemd(kLine).load_options(kLine).initrd().initrd(as_bytes("of another start"));
       },
       "", kLine, kUnconfirmed},
      {"as GRUB's, where systemd-boot measured another",
       [](Log& l) { l.systemd(kOther).load_options(kOther).grub(kLine); }, "", "",
       "several lines were measured, and they differ"},
      {"as GRUB's, where an early systemd-boot measured another",
       [](Log& l) { l.old_systemd_boot(kOther).grub(kLine); }, "", "",
       "several lines were measured, and they differ"},
      {"as GRUB's, where systemd-boot's is called an add-on",
       [](Log& l) {
         l.add(12, EventType::ipl, as_bytes("an add-on"), with_nul(kOther)).grub(kLine);
       },
       "", "", "event 1 (PCR 12, EV_IPL): may hide a line, or add to it"},
      {"as GRUB's, where systemd-boot's is left out",
       [](Log& l) { l.grub(kLine); },
       "",
       "",
       "PCR 12 is not quoted, or holds what the log does not show",
       {12}},
      {"as GRUB's, beside an image with another one",
       [](Log& l) { l.section(".linux", "kernel").section(".cmdline", kOther).grub(kLine); }, "",
       "", "the kernel image has another one in .cmdline"},
      {"as GRUB's, beside an image that was given none",
       [](Log& l) { l.section(".linux", "kernel").grub(kLine); }, "", "",
       "the stub of the kernel image measured no line"},
  };
  for (const Case& c : cases) expect(c);
}

/// What the log calls LoadOptions is what a policy asks of, unless the line or its place explain
/// it.
TEST(LoadOptions, MayBeAnInitialRamDiskWhereNothingExplainsThem) {
  const auto unexplained = [](const std::function<void(Log&)>& boot) {
    Log log;
    boot(log);
    const Buffer bytes = log.take();
    const EventLogReading reading = read_event_log(bytes);
    constexpr HashAlgorithm kBank = HashAlgorithm::sha256;
    Verdict verdict;
    const MachineState state = read_machine_state(replay(reading.log, {&kBank, 1}), verdict);
    EXPECT_EQ(state.possible_initrds().size(),
              state.initrds.size() + state.unexplained_options.size());
    return state.unexplained_options.size();
  };
  const std::string grub = "/vmlinuz " + std::string(kLine);
  EXPECT_EQ(unexplained([](Log& l) { l.systemd(kLine).load_options(kLine).initrd(); }), 0U);
  EXPECT_EQ(unexplained([](Log& l) { l.load_options(kLine).initrd(); }), 0U);
  EXPECT_EQ(unexplained([&](Log& l) { l.grub(kLine).load_options(grub).initrd(); }), 0U);
  EXPECT_EQ(unexplained([](Log& l) { l.load_options(kLine).load_options(kOther).initrd(); }), 1U);
  EXPECT_EQ(unexplained([](Log& l) { l.initrd().load_options(kLine); }), 1U);
}

/// A register that is not quoted, or that the log says nothing of, may hold anything.
TEST(CommandLine, IsNotBelievedBesideASilentRegister) {
  Log log;
  log.systemd(kLine).load_options(kLine);
  const Buffer bytes = log.take();
  const EventLogReading reading = read_event_log(bytes);
  constexpr HashAlgorithm kBank = HashAlgorithm::sha256;
  const ReplayedLog logged = replay(reading.log, {&kBank, 1});
  PcrValues quoted{.bank = kBank, .values = {}};
  for (std::size_t i = 0; i < kPcrCount; ++i) quoted.values[i] = logged.banks[0].pcrs[i];
  const auto silent_in = [&](const PcrValues& values) {
    ReplayedLog replayed = logged;
    note_silence(replayed, values);
    return replayed.silent;
  };
  EXPECT_TRUE(silent_in(quoted).none());
  quoted.values[11] = hash(kBank, as_bytes("sections"));
  quoted.values[14].reset();
  EXPECT_EQ(silent_in(quoted), std::bitset<kPcrCount>((1U << 11) | (1U << 14)));
}

/// The phases of the running systemd follow the sections of its image in PCR 11, and no log of the
/// firmware has them.  systemd-pcrphase.service(8).
TEST(UnifiedKernelImage, IsFollowedByThePhasesOfSystemd) {
  const std::pair<std::vector<std::string_view>, bool> cases[] = {
      {{}, true},
      {{"enter-initrd", "leave-initrd", "sysinit", "ready"}, true},
      {{"sysinit", "ready"}, true},
      {{"enter-initrd", "leave-initrd", "sysinit", "ready", "shutdown", "final"}, true},
      {{"enter-initrd", "sysinit"}, false},
      {{"leave-initrd", "enter-initrd"}, false},
      {{"enter-initrd", "enter-initrd"}, false},
      {{"enter-initrd", "anything"}, false},
  };
  Log log;
  log.section(".linux", "kernel");
  const Buffer bytes = log.take();
  const EventLogReading reading = read_event_log(bytes);
  constexpr HashAlgorithm kBank = HashAlgorithm::sha256;
  const ReplayedLog replayed = replay(reading.log, {&kBank, 1});
  for (const auto& [phases, accepted] : cases) {
    PcrValues quoted{.bank = kBank, .values = {}};
    for (std::size_t i = 0; i < kPcrCount; ++i) quoted.values[i] = replayed.banks[0].pcrs[i];
    for (const std::string_view phase : phases)
      extend(*quoted.values[11], hash(kBank, as_bytes(phase)));
    Verdict verdict;
    check_pcrs(replayed, quoted, 0, verdict);
    EXPECT_EQ(verdict.accepted(), accepted) << phases.size();
    // In another register nothing may follow the log.
    quoted.values[9] = hash(kBank, as_bytes("ready"));
    Verdict elsewhere;
    check_pcrs(replayed, quoted, 0, elsewhere);
    EXPECT_FALSE(elsewhere.accepted());
  }
}

/// Of a log to look at, a line is shown that nothing contradicts, with what is missing.
TEST(CommandLine, OfSystemdBootIsShownUnconfirmed) {
  const auto bytes = corpus_file("eventlogs/tpm2-tools/event-sd-boot-fedora37.bin");
  if (!bytes) GTEST_SKIP() << "no corpus: set ASSAY_CORPUS";
  const EventLogReading reading = read_event_log(*bytes);
  const LogStatement statement = read_statement(reading);
  EXPECT_EQ(statement.state.kernel_command_line, std::nullopt);
  EXPECT_EQ(statement.state.unconfirmed_command_line, " console=ttyS0 console=tty0 efi=debug ");
}

/// No command line has such letters, and LoadOptions are never compared with them: a log that had
/// one beside the other ended the program.
TEST(CommandLine, OfLettersBeyondAsciiIsNotBelieved) {
  Buffer odd = with_nul(kLine);
  odd[2] = 0x80;
  const std::function<void(Log&)> boots[] = {
      [](Log& l) { l.grub("ro \x80").load_options(kLine); },
      [&](Log& l) { l.add(8, EventType::ipl, odd, odd).load_options(kLine); },
      [&](Log& l) { l.add(12, EventType::ipl, odd, odd).load_options(kLine); }};
  for (const auto& boot : boots) {
    Log log;
    boot(log);
    const Buffer bytes = log.take();
    const EventLogReading reading = read_event_log(bytes);
    ASSERT_FALSE(reading.fault);
    const LogStatement statement = read_statement(reading);
    EXPECT_FALSE(statement.kernel_stands && statement.state.kernel_command_line);
  }
}

/// An image is measured section by section, each once: what comes a second time is somebody else's.
TEST(UnifiedKernelImage, HasEachSectionOnce) {
  for (const bool twice : {false, true}) {
    Log log;
    log.section(".linux", "kernel").section(".cmdline", kOther);
    if (twice) log.section(".cmdline", kLine);
    const Buffer bytes = log.take();
    const EventLogReading reading = read_event_log(bytes);
    const LogStatement statement = read_statement(reading);
    EXPECT_EQ(statement.state.uki.has_value(), !twice);
    EXPECT_EQ(check_of(statement.verdict, "boot.uki.sections").got,
              twice ? "event 5 (PCR 11, EV_IPL): not one name and its content" : "2 sections");
  }
}

}  // namespace
}  // namespace assay
