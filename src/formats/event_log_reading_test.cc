// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/byte_writer.h"
#include "formats/event_log.h"
#include "formats/recorded.h"

namespace assay {
namespace {

constexpr std::string_view kSpecId{"Spec ID Event03\0", 16};
constexpr std::uint16_t kSha256 = 0x000B, kSha384 = 0x000C, kSm3 = 0x0012;

/// Writes logs byte by byte, as PFP 1.06 section 10.2 lays them out.
class AreaWriter {
 public:
  AreaWriter(std::uint32_t spec_id_register, std::uint16_t bank) : bank_(bank) {
    ByteWriter spec;
    spec.bytes(as_bytes(kSpecId)).u32_le(0).u8(0).u8(2).u8(0).u8(2).u32_le(1);
    spec.u16_le(bank).u16_le(bank == kSha384 ? 48 : 32).u8(0);
    const Buffer data = spec.take();
    w_.u32_le(spec_id_register).u32_le(3).zeros(20).u32_le(static_cast<std::uint32_t>(data.size()));
    w_.bytes(data);
  }
  AreaWriter& event(std::uint32_t index, EventType type = EventType::action) {
    w_.u32_le(index).u32_le(static_cast<std::uint32_t>(type)).u32_le(1).u16_le(bank_);
    w_.bytes(Buffer(bank_ == kSha384 ? 48 : 32, type == EventType::no_action ? 0x00 : 0xD0));
    w_.u32_le(4).bytes(as_bytes("data"));
    return *this;
  }
  AreaWriter& fill(std::size_t size, std::uint8_t value) {
    w_.bytes(Buffer(size, value));
    return *this;
  }
  Buffer take() { return w_.take(); }

 private:
  std::uint16_t bank_;
  ByteWriter w_;
};

struct ReadingCase {
  std::string_view name;
  Buffer log;
  RegisterLayout layout;
  std::size_t events;      ///< that can be shown
  std::string_view fault;  ///< empty if none
  std::size_t offset = 0;  ///< of the record at fault
};

const ReadingCase kReadings[] = {
    {"a TPM's log", AreaWriter(0, kSha256).event(0).event(7).take(), RegisterLayout::tpm, 2, ""},
    {"a TPM's log of SHA-384 alone", AreaWriter(0, kSha384).event(0).event(7).take(),
     RegisterLayout::tpm, 2, ""},
    {"a log whose Spec ID event is in register 1", AreaWriter(1, kSha384).event(1).take(),
     RegisterLayout::cc, 1, ""},
    {"one of SHA-384 alone that begins in register 2",
     AreaWriter(0, kSha384).event(0, EventType::no_action).event(2).event(1).take(),
     RegisterLayout::cc, 3, ""},
    {"one of SM3 alone that begins in register 1", AreaWriter(0, kSm3).event(1).take(),
     RegisterLayout::cc, 1, ""},
    {"one of SHA-256 that begins in register 1 is a TPM's", AreaWriter(0, kSha256).event(1).take(),
     RegisterLayout::tpm, 1, ""},
    {"a CC log in an area filled with ones", AreaWriter(1, kSha384).event(1).fill(99, 0xFF).take(),
     RegisterLayout::cc, 1, ""},
    {"with fewer ones than a record's header", AreaWriter(1, kSha384).event(1).fill(3, 0xFF).take(),
     RegisterLayout::cc, 1, ""},
    {"a CC log in an area filled with zeros", AreaWriter(1, kSha384).event(1).fill(99, 0).take(),
     RegisterLayout::cc, 1, ""},
    {"an empty CC log in its area", AreaWriter(1, kSha384).fill(99, 0xFF).take(),
     RegisterLayout::cc, 0, ""},
    {"something behind the ones", AreaWriter(1, kSha384).event(1).fill(32, 0xFF).fill(1, 7).take(),
     RegisterLayout::cc, 1, "event_log.event 2.type@0x8f: 0xff padding, and more behind it", 135},
    {"something behind the zeros", AreaWriter(1, kSha384).event(1).fill(32, 0).fill(1, 7).take(),
     RegisterLayout::cc, 1, "event_log.event 2.data@0x97: zero padding, and more behind it", 135},
    {"register 5 in a CC log", AreaWriter(1, kSha384).event(4).event(5).take(), RegisterLayout::cc,
     1, "event_log.event 2.pcr@0x8f: register 5, above 4", 135},
    {"register 24 in a TPM's log", AreaWriter(0, kSha256).event(23).event(24).take(),
     RegisterLayout::tpm, 1, "event_log.event 2.pcr@0x7f: PCR 24, above 23", 119},
    {"ones behind a TPM's log", AreaWriter(0, kSha256).event(0).fill(99, 0xFF).take(),
     RegisterLayout::tpm, 1,
     "event_log.event 2.type@0x7f: 0xff padding, not allowed in a TPM's log", 119},
    {"a Spec ID event in register 2", AreaWriter(2, kSha384).event(2).take(), RegisterLayout::tpm,
     0, "event_log.event 0.pcr@0x41: the Spec ID event is not in PCR 0", 0},
    {"nothing", {}, RegisterLayout::tpm, 0, "event_log: empty", 0},
};

TEST(EventLogReading, TellsTpmFromCcAndKeepsWhatComesBeforeAFault) {
  for (const ReadingCase& c : kReadings) {
    SCOPED_TRACE(c.name);
    const EventLogReading got = read_event_log(c.log);
    EXPECT_EQ(got.log.layout, c.layout);
    EXPECT_EQ(got.log.events.size(), c.events);
    for (const Event& event : got.log.events) EXPECT_EQ(event.layout, c.layout);
    EXPECT_EQ(got.fault ? to_string(got.fault->error) : "", c.fault);
    EXPECT_EQ(got.fault ? got.fault->offset : 0, c.offset);
  }
}

TEST(EventLogReading, IsNoWayAroundTheStrictEntry) {
  for (const ReadingCase& c : kReadings) {
    const bool in_register_1 = c.layout == RegisterLayout::cc && c.log[0] == 1;
    EXPECT_FALSE(in_register_1 && parse_event_log(c.log)) << c.name;
  }
}

TEST(EventLogReading, NamesTheRecordAtFault) {
  const auto in = corpus_file("eventlogs/malformed/truncated_mid_event.bin");
  if (!in) GTEST_SKIP() << "no corpus: set ASSAY_CORPUS";
  const EventLogReading got = read_event_log(*in);
  EXPECT_EQ(got.log.events.size(), 81U);
  ASSERT_TRUE(got.fault);
  EXPECT_EQ(got.fault->event, 82U);
  EXPECT_EQ(got.fault->offset, 33872U);  // as the manifest says
}

}  // namespace
}  // namespace assay
