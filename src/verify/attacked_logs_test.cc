// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <functional>

#include "base/byte_writer.h"
#include "crypto/certificate.h"
#include "crypto/hash.h"
#include "formats/recorded.h"
#include "formats/uefi_writer.h"
#include "verify/looked_log.h"

namespace assay {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Edit {
  std::string_view name;
  std::function<void(Buffer&, const EventLog&)> apply;
  std::vector<std::string> findings;  ///< the checks that fail, and why
  std::string_view stands;
};

void put_u32(Buffer& log, std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) log[at + i] = static_cast<std::uint8_t>(value >> 8 * i);
}
void retype(Buffer& log, const Event& event, EventType type) {
  put_u32(log, event.offset + 4, static_cast<std::uint32_t>(type));
}
const Event& first(const EventLog& log, std::uint32_t pcr, EventType type) {
  for (const Event& event : log.events)
    if (event.pcr == pcr && event.type == type) return event;
  ADD_FAILURE() << "no " << name_of(type) << " in PCR " << pcr;
  return log.events.front();
}
std::size_t data_at(const Buffer& log, const Event& event) {
  return static_cast<std::size_t>(event.data.data() - log.data());
}

/// The finding of each bank that data of an event is not what was measured.
std::vector<std::string> edited(std::string_view event) {
  std::vector<std::string> out;
  for (const char* bank : {"sha384", "sha256", "sha1"})
    out.push_back(fmt::format("eventlog.data.measured/{}: {}", bank, event));
  return out;
}

/// Attacks on a real log that leave every register as it was, unless they say otherwise.
std::vector<Edit> edits() {
  using enum EventType;
  const EventType unused{0x02};
  return {
      {"nothing", [](Buffer&, const EventLog&) {}, {}, "PSAK"},
      {"a Secure Boot variable retyped as unused",
       [=](Buffer& b, const EventLog& l) {
         retype(b, first(l, 7, efi_variable_driver_config), unused);
       },
       {"eventlog.types.known: event 3 (PCR 7, 0x00000002): a type that no specification lists"},
       "P-AK"},
      {"the separator of PCR 7 retyped as an action",
       [](Buffer& b, const EventLog& l) { retype(b, first(l, 7, separator), efi_action); },
       {"eventlog.types.honest: event 8 (PCR 7, EV_EFI_ACTION): its digest is that of a separator",
        "eventlog.data.shape: event 8 (PCR 7, EV_EFI_ACTION): want ASCII text",
        "boot.secure_boot.actions: event 8 (PCR 7, EV_EFI_ACTION): "
        "\"\\x00\\x00\\x00\\x00\""},
       "P-AK"},
      {"the separator of PCR 4 retyped as a loader's text",
       [](Buffer& b, const EventLog& l) { retype(b, first(l, 4, separator), ipl); },
       {"eventlog.types.placed: event 18 (PCR 4, EV_IPL): does not belong into this PCR",
        "eventlog.types.honest: event 18 (PCR 4, EV_IPL): its digest is that of a separator"},
       "PS-K"},
      {"the separator of PCR 0 retyped as S-CRTM contents, with none behind it",
       [](Buffer& b, const EventLog& l) { retype(b, first(l, 0, separator), s_crtm_contents); },
       {"eventlog.types.honest: event 14 (PCR 0, EV_S_CRTM_CONTENTS): its digest is that of its "
        "data, which this type only describes; event 14 (PCR 0, EV_S_CRTM_CONTENTS): its digest is "
        "that of a separator"},
       "-SAK"},
      {"an application retyped as a firmware blob",
       [](Buffer& b, const EventLog& l) {
         retype(b, first(l, 4, efi_boot_services_application), efi_platform_firmware_blob);
       },
       {"eventlog.types.placed: event 23 (PCR 4, EV_EFI_PLATFORM_FIRMWARE_BLOB): does not belong "
        "into this PCR",
        "eventlog.data.shape: event 23 (PCR 4, EV_EFI_PLATFORM_FIRMWARE_BLOB): want a firmware "
        "blob of 16 bytes"},
       "PS-K"},
      {"ExitBootServices retyped as a partition table",
       [](Buffer& b, const EventLog& l) { retype(b, first(l, 5, efi_action), efi_gpt_event); },
       {"eventlog.types.honest: event 81 (PCR 5, EV_EFI_GPT_EVENT): its digest is that of an EFI "
        "action"},
       "PS-K"},
      {"a boot attempt retyped as an application",
       [](Buffer& b, const EventLog& l) {
         retype(b, first(l, 4, efi_action), efi_boot_services_application);
       },
       {"eventlog.types.honest: event 13 (PCR 4, EV_EFI_BOOT_SERVICES_APPLICATION): its digest is "
        "that of an EFI action",
        "eventlog.data.shape: event 13 (PCR 4, EV_EFI_BOOT_SERVICES_APPLICATION): "
        "image_load.device_path@0x20: need 8029709367667290726 bytes, 8 remain"},
       "PS-K"},
      {"a byte of db",
       [](Buffer& b, const EventLog& l) {
         for (const Event& e : l.events)
           if (e.pcr == 7 && e.data.size() > 3000 && e.data.size() < 4000)
             b[data_at(b, e) + 400] ^= 1;
       },
       edited("event 6 (PCR 7, EV_EFI_VARIABLE_DRIVER_CONFIG)"), "P-AK"},
      {"GRUB's terminator made another byte",
       [](Buffer& b, const EventLog& l) {
         const Event& e = first(l, 8, ipl);
         b[data_at(b, e) + e.data.size() - 1] = 0xFF;
       },
       edited("event 28 (PCR 8, EV_IPL)"), "PSA-"},
      // Registers change with this one, in SHA-1 alone.
      {"a SHA-1 digest of PCR 5",
       [](Buffer& b, const EventLog& l) {
         const Event& e = first(l, 5, efi_gpt_event);
         b[static_cast<std::size_t>(e.digest(HashAlgorithm::sha1)->data() - b.data())] ^= 1;
       },
       {"eventlog.data.measured/sha1: event 22 (PCR 5, EV_EFI_GPT_EVENT)"},
       "PS-K"},
      {"the name of a file, which nobody measured",
       [](Buffer& b, const EventLog& l) { b[data_at(b, first(l, 9, ipl))] ^= 1; },
       {},
       "PSAK"},
      {"another algorithm in the Spec ID event",
       [](Buffer& b, const EventLog&) { put_u32(b, 32 + 24, 0xFFFFFFFF); },
       {"eventlog.log.format: record 0 at offset 0: event_log.event "
        "0.number_of_algorithms@0x3c: 4294967295 algorithms, wanted 1 to 5; 0 events before it"},
       "----"},
  };
}

TEST(EveryCorpusLog, DoesNotStandWhenItWasEdited) {
  const auto bytes = corpus_file("eventlogs/tpm/rhel8-uefi.bin");
  if (!bytes) GTEST_SKIP() << "no corpus: set ASSAY_CORPUS";
  for (const Edit& edit : edits()) {
    SCOPED_TRACE(edit.name);
    Buffer log = *bytes;
    const EventLogReading whole = read_event_log(log);
    edit.apply(log, whole.log);
    const Looked got(log);
    EXPECT_EQ(findings(got.statement.verdict), edit.findings);
    EXPECT_EQ(stands(got.statement), edit.stands);
  }
}

/// Writes records of one SHA-256 bank.
struct OneBankLog {
  OneBankLog() {
    ByteWriter spec;
    spec.bytes(as_bytes(std::string_view("Spec ID Event03\0", 16))).u32_le(0).u8(0).u8(2).u8(0);
    spec.u8(2).u32_le(1).u16_le(0x000B).u16_le(32).u8(0);
    const Buffer data = spec.take();
    w.u32_le(0).u32_le(3).zeros(20).u32_le(static_cast<std::uint32_t>(data.size())).bytes(data);
  }
  OneBankLog& add(std::uint32_t pcr, EventType type, Bytes data, Bytes measured) {
    w.u32_le(pcr).u32_le(static_cast<std::uint32_t>(type)).u32_le(1).u16_le(0x000B);
    w.bytes(hash(HashAlgorithm::sha256, measured).bytes());
    w.u32_le(static_cast<std::uint32_t>(data.size())).bytes(data);
    return *this;
  }
  ByteWriter w;
};

/// All of a good log under one label, or in one register: what is left is what nobody needed to
/// relabel, the texts of GRUB, and where they are gone too, no command line is read.
TEST(EveryCorpusLog, DoesNotStandUnderOneLabel) {
  const auto bytes = corpus_file("eventlogs/tpm/rhel8-uefi.bin");
  if (!bytes) GTEST_SKIP() << "no corpus: set ASSAY_CORPUS";
  const EventLogReading whole = read_event_log(*bytes);
  using enum EventType;
  for (const EventType type : {preboot_cert, separator, efi_action, ipl}) {
    SCOPED_TRACE(name_of(type));
    Buffer log = *bytes;
    for (const Event& event : whole.log.events) retype(log, event, type);
    EXPECT_EQ(stands(Looked(log).statement), type == ipl ? "---K" : "----");
  }
  Buffer log = *bytes;
  for (const Event& event : whole.log.events) put_u32(log, event.offset, 0);
  const Looked got(std::move(log));
  EXPECT_EQ(stands(got.statement), "---K");
  EXPECT_EQ(got.statement.state.kernel_command_line, std::nullopt);
}

struct BootGuardCase {
  std::string_view name;
  bool separator_behind;
  std::string_view version_behind;
  bool accepted;
};

constexpr BootGuardCase kBootGuard[] = {
    {"Intel's FIT record before the separator", true, "N40ET41W", true},
    {"without a separator", false, "N40ET41W", false},
    {"with a version of Google's firmware behind it", true, "GCE Virtual Firmware v1", false},
};

TEST(LookAlikeSeparators, AreBelievedOfBootGuardAlone) {
  const Buffer zeros(4, 0);
  for (const BootGuardCase& c : kBootGuard) {
    SCOPED_TRACE(c.name);
    OneBankLog log;
    log.add(0, EventType::s_crtm_contents,
            as_bytes(std::string_view("FIT Type 0x2D Measured S-CRTM\0", 30)), zeros);
    const Buffer version = utf16le(c.version_behind);
    log.add(0, EventType::s_crtm_version, version, version);
    if (c.separator_behind) log.add(0, EventType::separator, zeros, zeros);
    const Looked got(log.w.take());
    EXPECT_EQ(findings(got.statement.verdict),
              c.accepted ? std::vector<std::string>{}
                         : std::vector<std::string>{"eventlog.types.honest: event 1 (PCR 0, "
                                                    "EV_S_CRTM_CONTENTS): its digest is that of a "
                                                    "separator"});
    EXPECT_EQ(got.statement.platform_stands, c.accepted);
    // The record could be the separator, and the version behind it the running system's.
    if (c.accepted) {
      EXPECT_THAT(got.statement.state.platform.scrtm_version, IsEmpty());
    }
  }
}

/// RFC 5280 wants serial numbers to be positive; firmware has certificates that are older.  Go's
/// reader of X.509 refuses the log for it.
TEST(OddFirmware, HasACertificateWithANegativeSerialNumber) {
  const Buffer pem = boot_file("PkKek-1-snakeoil.pem");
  Buffer certificate = to_buffer(Certificate::from_pem(as_text(pem)).value().at(0).der());
  constexpr std::size_t kSerial = 15;
  ASSERT_EQ(certificate[kSerial], 0x2D);
  certificate[kSerial] ^= 0x80;
  const Buffer lists = write_signature_lists(
      std::vector<SignatureEntry>{{.type = kX509Guid, .owner = kShimLock, .data = certificate}});
  const Buffer variable = write_uefi_variable(kEfiImageSecurityDatabase, "db", lists);
  OneBankLog log;
  log.add(7, EventType::efi_variable_driver_config, variable, variable);
  const Looked got(log.w.take());
  EXPECT_THAT(findings(got.statement.verdict), IsEmpty());
  EXPECT_THAT(got.statement.state.secure_boot.db.certificates, ElementsAre(certificate));
}

/// What the running system extends behind shim's first authority is no level of shim's.
TEST(Shim, HasItsLevelBeforeItVouches) {
  const Buffer level =
      write_uefi_variable(kShimLock, "SbatLevel", as_bytes("sbat,1,2099\nshim,9\n"));
  const Buffer vouched = write_uefi_variable(kShimLock, "MokListRT", Buffer(48, 7));
  for (const bool before : {true, false}) {
    OneBankLog log;
    if (before) log.add(7, EventType::efi_variable_authority, level, level);
    log.add(7, EventType::efi_variable_authority, vouched, vouched);
    if (!before) log.add(7, EventType::efi_variable_authority, level, level);
    const Looked got(log.w.take());
    const auto& shim = got.statement.state.shim;
    EXPECT_EQ(shim && shim->sbat_level, before);
  }
}

/// An initial RAM disk that GRUB read, relabelled as LoadOptions beside the true ones.
TEST(LoadOptions, AreAllTheLineOfGrub) {
  const std::string_view line = "/vmlinuz ro";
  Buffer options = utf16le("BOOT_IMAGE=/vmlinuz ro");
  options.insert(options.end(), 2, 0);
  ByteWriter tag;
  tag.u32_le(0x8F3B22ED)
      .u32_le(26)
      .bytes(as_bytes(std::string_view("LOADED_IMAGE::LoadOptions\0", 26)));
  const Buffer named = tag.take();
  for (const bool hidden : {false, true}) {
    OneBankLog log;
    const auto text = [&](std::string_view label, std::string measured) {
      const std::string logged = fmt::format("{}{}{}", label, measured, '\0');
      log.add(8, EventType::ipl, as_bytes(logged), as_bytes(measured));
    };
    text("grub_cmd: ", fmt::format("linux {}", line));
    text("kernel_cmdline: ", std::string(line));
    log.add(9, EventType::event_tag, named, options);
    if (hidden) log.add(9, EventType::event_tag, named, as_bytes("an initial RAM disk"));
    const Looked got(log.w.take());
    EXPECT_EQ(
        findings(got.statement.verdict),
        hidden ? std::vector<
                     std::string>{"boot.kernel.load_options: LoadOptions of another command line"}
               : std::vector<std::string>{});
  }
}

}  // namespace
}  // namespace assay
