// SPDX-License-Identifier: Apache-2.0
#include "verify/replayed_log.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "base/byte_writer.h"
#include "base/hex.h"
#include "crypto/hash.h"
#include "formats/uefi.h"
#include "verify/known_digests.h"
#include "verify/recorded_attestation.h"

namespace assay {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr HashAlgorithm kSha256 = HashAlgorithm::sha256;

/// Writes crypto-agile logs with the SHA-256 bank, event by event.
class LogWriter {
 public:
  LogWriter() {
    out_.u32_le(0).u32_le(3).zeros(20).u32_le(33);
    out_.bytes(as_bytes(std::string_view("Spec ID Event03\0", 16)));
    out_.u32_le(0).u8(0).u8(2).u8(0).u8(2).u32_le(1).u16_le(0x0B).u16_le(32).u8(0);
  }
  LogWriter& add(std::uint32_t pcr, EventType type, Bytes data, Bytes measured) {
    out_.u32_le(pcr).u32_le(static_cast<std::uint32_t>(type)).u32_le(1).u16_le(0x0B);
    if (type == EventType::no_action)
      out_.zeros(32);
    else
      out_.bytes(hash(kSha256, measured).bytes());
    out_.u32_le(static_cast<std::uint32_t>(data.size())).bytes(data);
    return *this;
  }
  LogWriter& add(std::uint32_t pcr, EventType type, Bytes data) {
    return add(pcr, type, data, data);
  }
  LogWriter& add(std::uint32_t pcr, EventType type, std::string_view text) {
    return add(pcr, type, as_bytes(text));
  }
  Buffer take() { return out_.take(); }

 private:
  ByteWriter out_;
};

/// The checks of the events of a log in the SHA-256 bank.
Verdict events_verdict(const Buffer& bytes) {
  const auto log = parse_event_log(bytes);
  EXPECT_TRUE(log.has_value()) << (log ? "" : to_string(log.error()));
  if (!log) return {};
  const HashAlgorithm banks[] = {kSha256};
  Verdict verdict;
  check_events(replay(*log, banks), verdict);
  return verdict;
}

constexpr std::uint8_t kZeros[4] = {0, 0, 0, 0};

TEST(Replay, ExtendsFromZeroEventByEvent) {
  const Buffer bytes = LogWriter().add(4, EventType::separator, kZeros).take();
  const auto log = parse_event_log(bytes);
  ASSERT_TRUE(log.has_value());
  const HashAlgorithm banks[] = {kSha256};
  const ReplayedLog replayed = replay(*log, banks);
  EXPECT_EQ(hex(replayed.banks[0].pcrs[4].bytes()),
            "3d458cfe55cc03ea1f443f1562beec8df51c75e14a9fcf9a7234a13f198e7969");
  EXPECT_EQ(replayed.banks[0].extends[4], 1u);
  EXPECT_EQ(replayed.banks[0].extends[5], 0u);
}

TEST(Replay, StartsPcr0AtTheStartupLocality) {
  for (const std::uint8_t locality : {std::uint8_t{0}, std::uint8_t{3}, std::uint8_t{4}}) {
    std::string data("StartupLocality\0", 16);
    data.push_back(static_cast<char>(locality));
    const Buffer bytes = LogWriter().add(0, EventType::no_action, data).take();
    const auto log = parse_event_log(bytes);
    ASSERT_TRUE(log.has_value());
    const HashAlgorithm banks[] = {kSha256};
    const ReplayedLog replayed = replay(*log, banks);
    EXPECT_EQ(replayed.banks[0].pcrs[0].bytes().back(), locality);
    EXPECT_THAT(replayed.faults, IsEmpty());
  }
}

TEST(Replay, StartsPcr0AtFourAfterAnHcrtmSequence) {
  const Buffer bytes = LogWriter().add(0, EventType::efi_hcrtm_event, "HCRTM").take();
  const auto log = parse_event_log(bytes);
  ASSERT_TRUE(log.has_value());
  const HashAlgorithm banks[] = {kSha256};
  Digest expected(kSha256);
  expected.writable().back() = 4;
  extend(expected, hash(kSha256, as_bytes("HCRTM")));
  EXPECT_EQ(replay(*log, banks).banks[0].pcrs[0], expected);
}

struct EventCase {
  const char* name;
  Buffer log;
  std::string failure;  ///< empty: none
};

std::string locality(char value) { return std::string("StartupLocality\0", 16) + value; }

Buffer gce_technology(std::uint8_t value) {
  Buffer out = to_buffer(as_bytes(std::string_view("GCE NonHostInfo\0", 16)));
  out.push_back(value);
  out.resize(32);
  return out;
}

/// UEFI_VARIABLE_DATA of the global variable BootOrder.
Buffer boot_order(const Buffer& data) {
  const Buffer name = utf16le("BootOrder");
  return ByteWriter()
      .bytes(kEfiGlobalVariable.bytes)
      .u64_le(name.size() / 2)
      .u64_le(data.size())
      .bytes(name)
      .bytes(data)
      .take();
}

/// UEFI_IMAGE_LOAD_EVENT without a path.
const Buffer kImageLoad(32, 0);
const Buffer kImage = to_buffer(as_bytes("an image"));

std::vector<EventCase> event_cases() {
  using enum EventType;
  const auto one = [](std::uint32_t pcr, EventType type, Bytes data, Bytes measured) {
    return LogWriter().add(pcr, type, data, measured).take();
  };
  const auto text = [](std::string_view t) { return to_buffer(as_bytes(t)); };
  return {
      {"an application", one(4, efi_boot_services_application, kImageLoad, kImage), ""},
      {"an unknown type", one(4, static_cast<EventType>(0x800000F0), kImageLoad, kImage),
       "eventlog.types.known"},
      {"an application hidden as a firmware blob",
       one(4, efi_platform_firmware_blob, Buffer(16, 0), kImage), "eventlog.types.placed"},
      {"an application hidden as a loader's text", one(4, ipl, text("MBR"), kImage),
       "eventlog.types.placed"},
      {"a Secure Boot variable hidden as unused", one(7, preboot_cert, text("x"), kImage),
       "eventlog.types.placed"},
      {"a separator hidden as a driver", one(2, efi_boot_services_driver, kImageLoad, kZeros),
       "eventlog.types.honest"},
      {"an error separator hidden as a driver",
       one(2, efi_boot_services_driver, kImageLoad, Buffer{1, 0, 0, 0}), "eventlog.types.honest"},
      {"a FFFFFFFF separator hidden as a driver",
       one(2, efi_boot_services_driver, kImageLoad, Buffer(4, 0xFF)), "eventlog.types.honest"},
      {"a boot attempt hidden as an application",
       one(4, efi_boot_services_application, kImageLoad, text(kCallingApplication)),
       "eventlog.types.honest"},
      {"the technology hidden as a firmware blob",
       one(0, efi_platform_firmware_blob, Buffer(16, 0), gce_technology(1)),
       "eventlog.types.honest"},
      {"the technology under another signature",
       one(0, nonhost_info, text("GCE NonHostInfp"), gce_technology(1)), "eventlog.types.honest"},
      {"the technology hidden as a version",
       one(0, s_crtm_version, gce_technology(1), gce_technology(1)), "eventlog.types.honest"},
      {"a BootOrder that has the bytes of an error separator",
       one(1, efi_variable_boot, boot_order({1, 0, 0, 0}), Buffer{1, 0, 0, 0}), ""},
      {"a command of GRUB with a second NUL",
       one(8, ipl, text(std::string("grub_cmd ls") + '\0' + '\0'), text(std::string("ls") + '\0')),
       "eventlog.data.shape"},
      {"the version hidden as a post code", one(0, post_code, text("version"), text("version")),
       "eventlog.types.honest"},
      {"Intel's FIT record, which looks like a separator",
       one(0, s_crtm_contents, text("FIT Type 0x2D Measured S-CRTM"), kZeros),
       "eventlog.types.honest"},
      {"a separator of four ones", one(4, separator, Buffer(4, 1), Buffer(4, 1)),
       "eventlog.data.shape"},
      {"a separator of three bytes", one(4, separator, Buffer(3, 0), Buffer(3, 0)),
       "eventlog.data.shape"},
      {"a separator whose digest is an error's", one(4, separator, kZeros, Buffer{1, 0, 0, 0}),
       "eventlog.data.measured/sha256"},
      {"an action with another text", one(5, efi_action, text("Exit"), text("Enter")),
       "eventlog.data.measured/sha256"},
      {"a command of GRUB", one(8, ipl, text(std::string("grub_cmd: ls") + '\0'), text("ls")), ""},
      {"a command of GRUB without a NUL", one(8, ipl, text("grub_cmd: ls"), text("ls")), ""},
      {"a command of an old GRUB, measured with its NUL",
       one(8, ipl, text(std::string("grub_cmd ls") + '\0'), text(std::string("ls") + '\0')), ""},
      {"a command of GRUB with another last byte",
       one(8, ipl, text("grub_cmd: ls\xff"), text("ls")), "eventlog.data.measured/sha256"},
      {"a command of GRUB with another text",
       one(8, ipl, text(std::string("grub_cmd: lx") + '\0'), text("ls")),
       "eventlog.data.measured/sha256"},
      {"a command of GRUB without its prefix", one(8, ipl, text("ls"), text("ls")),
       "eventlog.data.shape"},
      {"a command of GRUB hidden as an initrd",
       one(8, event_tag, text(std::string("\xec\x22\x3b\x8f\x02\0\0\0ab", 10)), text("ls")),
       "eventlog.data.measured/sha256"},
      {"an initrd where Linux measures it",
       one(9, event_tag, text(std::string("\xec\x22\x3b\x8f\x02\0\0\0ab", 10)), text("initrd")),
       ""},
      {"a file of GRUB shown whole, as a tag of nobody's",
       one(9, event_tag, text(std::string("#abc\x02\0\0\0ab", 10)),
           text(std::string("#abc\x02\0\0\0ab", 10))),
       "eventlog.data.shape"},
      {"a file of GRUB", one(9, ipl, text(std::string("/vmlinuz") + '\0'), kImage), ""},
      {"a file of GRUB without a NUL", one(9, ipl, text("/vmlinuz"), kImage),
       "eventlog.data.shape"},
      {"an image with more than padding behind it",
       one(4, efi_boot_services_application, Buffer(42, 0), kImage), "eventlog.data.shape"},
      {"a firmware blob of 15 bytes", one(0, efi_platform_firmware_blob, Buffer(15, 0), kImage),
       "eventlog.data.shape"},
      {"a startup locality of 2", one(0, no_action, text(locality(2)), {}),
       "eventlog.locality.first"},
      {"a startup locality in PCR 1", one(1, no_action, text(locality(3)), {}),
       "eventlog.locality.first"},
      {"two startup localities",
       LogWriter().add(0, no_action, locality(3)).add(0, no_action, locality(3)).take(),
       "eventlog.locality.first"},
      {"a late startup locality",
       LogWriter().add(0, s_crtm_version, "v").add(0, no_action, locality(3)).take(),
       "eventlog.locality.first"},
  };
}

TEST(CheckEvents, FindsWhatACorrectLogDoesNotHave) {
  for (const EventCase& c : event_cases()) {
    SCOPED_TRACE(c.name);
    const Verdict verdict = events_verdict(c.log);
    if (c.failure.empty()) {
      EXPECT_THAT(failures(verdict), IsEmpty());
    } else {
      EXPECT_THAT(failures(verdict), Contains(c.failure));
    }
  }
}

TEST(CheckEvents, NeedsADigestOfEveryBank) {
  const Buffer bytes = LogWriter().add(4, EventType::separator, kZeros).take();
  const auto log = parse_event_log(bytes);
  ASSERT_TRUE(log.has_value());
  const HashAlgorithm banks[] = {HashAlgorithm::sha384, kSha256};
  Verdict verdict;
  check_events(replay(*log, banks), verdict);
  EXPECT_THAT(failures(verdict), testing::ElementsAre("eventlog.digests.present/sha384"));
}

/// The recorded boot `sb` and the PCRs its quote was made over.
struct Recorded {
  Buffer bytes = boot_file("sb/binary_bios_measurements");
  EventLog log = parse_event_log(bytes).value();
  PcrValues quoted{kSha256, {}};
  Recorded() {
    const Buffer values = boot_file("sb/pcrs.bin");
    std::size_t at = kPcrCount * 20;
    for (auto& value : quoted.values) {
      value = Digest(kSha256, Bytes(values).subspan(at, 32));
      at += 32;
    }
  }
  [[nodiscard]] Verdict check() const {
    const HashAlgorithm banks[] = {kSha256};
    Verdict verdict;
    check_pcrs(replay(log, banks), quoted, 0, verdict);
    return verdict;
  }
};

std::string got(const Verdict& verdict, const std::string& id) {
  for (const Check& c : verdict.checks())
    if (c.id == id) return c.got;
  return "no such check";
}

constexpr const char* kReplayed = "eventlog.pcrs.replayed/sha256";

TEST(CheckPcrs, AcceptsARecordedBoot) {
  const Verdict verdict = Recorded().check();
  EXPECT_TRUE(verdict.accepted());
  EXPECT_THAT(got(verdict, "eventlog.pcrs.explained/sha256"), HasSubstr("PCR 10"));
}

TEST(CheckPcrs, ExplainsALogThatIsLongerThanTheTpmSaw) {
  Recorded recorded;
  // PCR 5 as it was before ExitBootServices: the log has two events more.
  recorded.log.events.erase(recorded.log.events.end() - 2, recorded.log.events.end());
  const HashAlgorithm banks[] = {kSha256};
  recorded.quoted.values[5] = replay(recorded.log, banks).banks[0].pcrs[5];
  recorded.log = parse_event_log(recorded.bytes).value();
  const Verdict verdict = recorded.check();
  EXPECT_THAT(failures(verdict), testing::ElementsAre(kReplayed));
  EXPECT_THAT(got(verdict, kReplayed),
              HasSubstr("PCR 5 differs (4 events): it fits after event 23"));
}

TEST(CheckPcrs, ExplainsALogReadTooEarly) {
  Recorded recorded;
  recorded.log.events.resize(recorded.log.events.size() - 2);
  EXPECT_THAT(got(recorded.check(), kReplayed), HasSubstr("the log was read too early"));
}

TEST(CheckPcrs, ExplainsADigestThatWasChanged) {
  Recorded recorded;
  Event& event = recorded.log.events[13];
  ASSERT_EQ(event.number, 14u);
  Buffer changed = to_buffer(event.digests[1].bytes);
  ASSERT_EQ(event.digests[1].algorithm, kSha256);
  changed[0] ^= 1;
  event.digests[1].bytes = changed;
  EXPECT_THAT(got(recorded.check(), kReplayed),
              HasSubstr("the hash of the data of event 14 (PCR 4, EV_EFI_ACTION): its digest was "
                        "changed"));
}

TEST(CheckPcrs, ExplainsAnEventTooMany) {
  Recorded recorded;
  recorded.log.events.insert(recorded.log.events.begin() + 24, recorded.log.events[23]);
  EXPECT_THAT(got(recorded.check(), kReplayed),
              HasSubstr("PCR 4 differs (7 events): it fits without"));
}

TEST(CheckPcrs, ExplainsALogOfAnotherMachine) {
  Recorded recorded;
  recorded.quoted.values[4] = Digest(kSha256);
  EXPECT_THAT(got(recorded.check(), kReplayed), HasSubstr("another boot or machine"));
}

TEST(CheckPcrs, RefusesEventsThatNoQuoteCovers) {
  Recorded recorded;
  recorded.quoted.values[14].reset();
  EXPECT_THAT(failures(recorded.check()), testing::ElementsAre("eventlog.pcrs.quoted/sha256"));
}

TEST(CheckPcrs, RefusesAPcrOfTheFirmwareWithoutItsEvents) {
  Recorded recorded;
  std::erase_if(recorded.log.events, [](const Event& e) { return e.pcr == 8; });
  EXPECT_THAT(failures(recorded.check()), testing::ElementsAre("eventlog.pcrs.accounted/sha256"));
}

// A PCR that other banks cover must not be explained by them.
TEST(CheckPcrs, HoldsEachBankAgainstItsOwnQuote) {
  Recorded recorded;
  const HashAlgorithm banks[] = {HashAlgorithm::sha384, kSha256};
  recorded.quoted.values[0]->writable()[0] ^= 1;
  Verdict verdict;
  check_pcrs(replay(recorded.log, banks), recorded.quoted, 0, verdict);
  EXPECT_THAT(failures(verdict), testing::ElementsAre(kReplayed));
}

}  // namespace
}  // namespace assay
