// SPDX-License-Identifier: Apache-2.0
#include "formats/event_log.h"

#include <gtest/gtest.h>

#include <map>

#include "base/byte_writer.h"
#include "base/json.h"
#include "formats/recorded.h"

namespace assay {
namespace {

constexpr std::string_view kSpecId{"Spec ID Event03\0", 16};

/// Writes logs byte by byte, as PFP 1.06 section 10.2 lays them out.
struct LogWriter {
  ByteWriter w;

  LogWriter& legacy(std::uint32_t pcr, std::uint32_t type, std::string_view data) {
    w.u32_le(pcr).u32_le(type).bytes(Buffer(20, type == 3 ? 0x00 : 0xD1));
    w.u32_le(static_cast<std::uint32_t>(data.size())).bytes(as_bytes(data));
    return *this;
  }
  LogWriter& spec_id(const Buffer& data) {
    w.u32_le(0).u32_le(3).zeros(20).u32_le(static_cast<std::uint32_t>(data.size())).bytes(data);
    return *this;
  }
  LogWriter& agile(std::uint32_t pcr, std::uint32_t type,
                   const std::vector<std::pair<std::uint16_t, std::size_t>>& digests,
                   std::string_view data) {
    w.u32_le(pcr).u32_le(type).u32_le(static_cast<std::uint32_t>(digests.size()));
    for (const auto& [id, size] : digests) w.u16_le(id).bytes(Buffer(size, 0xD0));
    w.u32_le(static_cast<std::uint32_t>(data.size())).bytes(as_bytes(data));
    return *this;
  }
  Buffer take() { return w.take(); }
};

/// The data of a Spec ID event of version 2.0 without vendor bytes.
Buffer spec_id_data(const std::vector<std::pair<std::uint16_t, std::uint16_t>>& algorithms) {
  ByteWriter w;
  w.bytes(as_bytes(kSpecId)).u32_le(0).u8(0).u8(2).u8(0).u8(2);
  w.u32_le(static_cast<std::uint32_t>(algorithms.size()));
  for (const auto& [id, size] : algorithms) w.u16_le(id).u16_le(size);
  return w.u8(0).take();
}

Buffer with_byte(Buffer in, std::size_t at, std::uint8_t value) {
  in.at(at) = value;
  return in;
}

std::string outcome(Bytes log) {
  const auto got = parse_event_log(log);
  return got ? "" : to_string(got.error());
}

const Buffer kSpecSha256 = spec_id_data({{0x000B, 32}});

struct Case {
  std::string_view name;
  Buffer log;
  std::string_view error;
};

// A Spec ID event with one algorithm and no vendor bytes takes 65 bytes.
const Case kCases[] = {
    {"a legacy record without data", LogWriter().legacy(4, 4, "").take(), ""},
    {"a legacy log that begins with another EV_NO_ACTION",
     LogWriter().legacy(0, 3, std::string_view("StartupLocality\0\3", 17)).take(), ""},
    {"a legacy log that begins with the Spec ID of EFI 1.2",
     LogWriter().legacy(0, 3, std::string_view("Spec ID Event02\0....2100.", 25)).take(), ""},
    {"a Spec ID event alone", LogWriter().spec_id(kSpecSha256).take(), ""},
    {"a record without any digest", LogWriter().spec_id(kSpecSha256).agile(1, 5, {}, "x").take(),
     ""},
    {"an unknown type", LogWriter().spec_id(kSpecSha256).agile(1, 0xFF, {{11, 32}}, "x").take(),
     ""},
    {"an algorithm we do not know beside one we do",
     LogWriter()
         .spec_id(spec_id_data({{0x27, 32}, {11, 32}}))
         .agile(1, 5, {{0x27, 32}, {11, 32}}, "x")
         .take(),
     ""},
    {"empty", {}, "event_log: empty"},
    {"one byte", {1}, "event_log.event 0.pcr@0x0: need 4 bytes, 1 remain"},
    {"data larger than the rest of a legacy record",
     with_byte(LogWriter().legacy(4, 4, "abcd").take(), 28, 5),
     "event_log.event 0.data@0x20: need 5 bytes, 4 remain"},
    {"a huge data size", with_byte(LogWriter().legacy(4, 4, "abcd").take(), 31, 0xFF),
     "event_log.event 0.data@0x20: need 4278190084 bytes, 4 remain"},
    {"a PCR above 23", LogWriter().legacy(4, 4, "").legacy(24, 4, "").take(),
     "event_log.event 1.pcr@0x28: PCR 24, above 23"},
    {"an unmeasured event of no PCR", LogWriter().legacy(0xFFFFFFFF, 3, "SIPA").take(), ""},
    {"a measured event of no PCR", LogWriter().legacy(0xFFFFFFFF, 4, "").take(),
     "event_log.event 0.pcr@0x8: PCR 4294967295, above 23"},
    {"an unmeasured event of PCR 24", LogWriter().legacy(24, 3, "").take(),
     "event_log.event 0.pcr@0x8: PCR 24, above 23"},
    {"a trailing byte", LogWriter().legacy(4, 4, "").w.u8(7).take(),
     "event_log.event 1.pcr@0x20: need 4 bytes, 1 remain"},
    {"0xff padding", LogWriter().legacy(4, 4, "").w.u32_le(0xFFFFFFFF).u32_le(0xFFFFFFFF).take(),
     "event_log.event 1.type@0x28: 0xff padding, not allowed in a TPM's log"},
    {"zero padding after legacy records", LogWriter().legacy(4, 4, "").w.zeros(64).take(),
     "event_log.event 1.data@0x40: zero padding, not allowed in a TPM's log"},
    {"zero padding after crypto-agile records", LogWriter().spec_id(kSpecSha256).w.zeros(64).take(),
     "event_log.event 1.data@0x51: zero padding, not allowed in a TPM's log"},
    {"a Spec ID event in PCR 1", with_byte(LogWriter().spec_id(kSpecSha256).take(), 0, 1),
     "event_log.event 0.pcr@0x41: the Spec ID event is not in PCR 0"},
    {"a Spec ID event with a digest", with_byte(LogWriter().spec_id(kSpecSha256).take(), 27, 1),
     "event_log.event 0.digest@0x41: the Spec ID event has a digest"},
    {"version 2.1", LogWriter().spec_id(with_byte(kSpecSha256, 20, 1)).take(),
     "event_log.event 0.spec_version_major@0x36: version 2.1, wanted 2.0"},
    {"version 1.0", LogWriter().spec_id(with_byte(kSpecSha256, 21, 1)).take(),
     "event_log.event 0.spec_version_major@0x36: version 1.0, wanted 2.0"},
    {"no algorithm", LogWriter().spec_id(spec_id_data({})).take(),
     "event_log.event 0.number_of_algorithms@0x3c: 0 algorithms, wanted 1 to 5"},
    {"six algorithms", LogWriter().spec_id(with_byte(kSpecSha256, 24, 6)).take(),
     "event_log.event 0.number_of_algorithms@0x3c: 6 algorithms, wanted 1 to 5"},
    {"four thousand million algorithms",
     LogWriter().spec_id(with_byte(kSpecSha256, 27, 0xFF)).take(),
     "event_log.event 0.number_of_algorithms@0x3c: 4278190081 algorithms, wanted 1 to 5"},
    {"more algorithms than the event holds",
     LogWriter().spec_id(with_byte(kSpecSha256, 24, 2)).take(),
     "event_log.event 0.algorithm@0x40: need 2 bytes, 1 remain"},
    {"an algorithm declared twice", LogWriter().spec_id(spec_id_data({{11, 32}, {11, 32}})).take(),
     "event_log.event 0.algorithm@0x44: algorithm 0x000b appears twice"},
    {"a wrong digest size", LogWriter().spec_id(spec_id_data({{11, 20}})).take(),
     "event_log.event 0.digest_size@0x40: sha256 has digests of 32 bytes, not 20"},
    {"only an algorithm we do not know", LogWriter().spec_id(spec_id_data({{0x27, 32}})).take(),
     "event_log.event 0.algorithm: declares no algorithm that we know"},
    {"vendor bytes that are not there", LogWriter().spec_id(with_byte(kSpecSha256, 32, 4)).take(),
     "event_log.event 0.vendor_info@0x41: need 4 bytes, 0 remain"},
    {"bytes after the Spec ID event's vendor bytes",
     LogWriter()
         .spec_id([] {
           Buffer d = kSpecSha256;
           d.push_back(0);
           return d;
         }())
         .take(),
     "event_log.event 0.end@0x41: 1 trailing bytes"},
    {"a digest of an undeclared algorithm",
     LogWriter().spec_id(kSpecSha256).agile(1, 5, {{12, 48}}, "x").take(),
     "event_log.event 1.digest.algorithm@0x4f: algorithm 0x000c is not in the Spec ID event"},
    {"more digests than algorithms",
     LogWriter().spec_id(kSpecSha256).agile(1, 5, {{11, 32}, {11, 32}}, "x").take(),
     "event_log.event 1.digest_count@0x4d: 2 digests, 1 algorithms declared"},
    {"two digests of one algorithm",
     LogWriter()
         .spec_id(spec_id_data({{11, 32}, {4, 20}}))
         .agile(1, 5, {{11, 32}, {11, 32}}, "x")
         .take(),
     "event_log.event 1.digest.algorithm@0x75: algorithm 0x000b appears twice"},
    {"two digests of one unknown algorithm",
     LogWriter()
         .spec_id(spec_id_data({{11, 32}, {0x27, 32}}))
         .agile(1, 5, {{0x27, 32}, {0x27, 32}}, "x")
         .take(),
     "event_log.event 1.digest.algorithm@0x75: algorithm 0x0027 appears twice"},
};

TEST(EventLog, ParsesOrExplains) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(outcome(c.log), c.error);
  }
}

TEST(EventLog, ReadsEveryFieldOfACryptoAgileRecord) {
  const Buffer in = LogWriter()
                        .spec_id(spec_id_data({{12, 48}, {4, 20}}))
                        .agile(7, 0x80000001, {{4, 20}, {12, 48}}, "data")
                        .take();
  const auto log = parse_event_log(in);
  ASSERT_TRUE(log) << to_string(log.error());
  EXPECT_TRUE(log->crypto_agile);
  EXPECT_EQ(log->algorithms, (std::vector{HashAlgorithm::sha384, HashAlgorithm::sha1}));
  ASSERT_EQ(log->events.size(), 1U);
  const Event& event = log->events[0];
  EXPECT_EQ(event.number, 1U);
  EXPECT_EQ(event.pcr, 7U);
  EXPECT_EQ(event.type, EventType::efi_variable_driver_config);
  EXPECT_EQ(event.offset, 69U);
  EXPECT_EQ(as_text(event.data), "data");
  ASSERT_TRUE(event.digest(HashAlgorithm::sha384));
  EXPECT_EQ(to_buffer(*event.digest(HashAlgorithm::sha384)), Buffer(48, 0xD0));
  EXPECT_FALSE(event.digest(HashAlgorithm::sha256));
  // Borrowed, not copied.
  EXPECT_EQ(event.data.data(), in.data() + in.size() - 4);
}

TEST(EventLog, KeepsOnlyDigestsOfKnownAlgorithms) {
  const Buffer in = LogWriter()
                        .spec_id(spec_id_data({{0x27, 32}, {11, 32}}))
                        .agile(1, 5, {{0x27, 32}, {11, 32}}, "x")
                        .take();
  const auto log = parse_event_log(in);
  ASSERT_TRUE(log);
  EXPECT_EQ(log->algorithms, (std::vector{HashAlgorithm::sha256}));
  EXPECT_EQ(log->events.at(0).digest_count, 1);
}

TEST(EventLog, RefusesMoreThanFourMebibytes) {
  EXPECT_EQ(outcome(Buffer(4 * 1024 * 1024 + 1)),
            "event_log: 4194305 bytes, at most 4194304 allowed");
}

TEST(EventLog, RefusesMoreThan65536Events) {
  LogWriter log;
  for (int i = 0; i < 65536; ++i) log.legacy(1, 5, "");
  EXPECT_EQ(outcome(log.w.take()), "");
  LogWriter more;
  for (int i = 0; i < 65537; ++i) more.legacy(1, 5, "");
  EXPECT_EQ(outcome(more.w.take()), "event_log.event 65536.pcr@0x200000: more than 65536 events");
}

TEST(EventLog, RefusesARecordedLogCutAnywhereButBetweenTwoRecords) {
  const Buffer whole = boot_file("sb/binary_bios_measurements");
  const auto log = parse_event_log(whole);
  ASSERT_TRUE(log) << to_string(log.error());
  std::vector<bool> boundary(whole.size() + 1);
  for (const Event& event : log->events) boundary[event.offset] = true;
  // Every size near a boundary, and every 17th of the others.
  for (std::size_t size = 1; size < whole.size(); ++size) {
    if (!boundary[size - 1] && !boundary[size] && !boundary[size + 1] && size % 17 != 0) continue;
    const auto cut = parse_event_log(Bytes(whole).first(size));
    ASSERT_EQ(cut.has_value(), boundary[size]) << size;
  }
}

TEST(EventLog, ReadsTheRecordedBoots) {
  // As tests/boots/README.md counts them; tpm2_eventlog counts the Spec ID event as well.
  const std::map<std::string, std::size_t> boots{
      {"nosb", 44}, {"sb", 53}, {"sbfull", 53}, {"uki", 36}, {"ukisb", 36}};
  for (const auto& [name, count] : boots) {
    SCOPED_TRACE(name);
    const Buffer in = boot_file(name + "/binary_bios_measurements");
    const auto log = parse_event_log(in);
    ASSERT_TRUE(log) << to_string(log.error());
    EXPECT_EQ(log->events.size(), count);
    for (const Event& event : log->events) EXPECT_TRUE(is_known(event.type)) << name_of(event.type);
  }
  EXPECT_EQ(outcome(boot_file("nosblegacy/binary_bios_measurements")), "event_log: empty");
}

TEST(EventType, HasANameOrItsNumber) {
  EXPECT_EQ(name_of(EventType::separator), "EV_SEPARATOR");
  EXPECT_EQ(name_of(EventType::efi_variable_authority), "EV_EFI_VARIABLE_AUTHORITY");
  EXPECT_EQ(name_of(EventType{0x800000FF}), "0x800000ff");
  EXPECT_EQ(name_of(EventType{0x02}), "0x00000002");
  EXPECT_TRUE(is_known(EventType::no_action));
  EXPECT_FALSE(is_known(EventType{0x02}));
}

/// The logs of the corpus that must be refused, and where; the manifest's own column tells of a
/// reader that allows padding and another Spec ID version.
const std::map<std::string, std::string_view> kRefused{
    {"malformed/keylime_binary_bios_measurements-bogus.bin",
     "event_log.event 0.pcr@0x8: PCR 1969712994, above 23"},
    {"malformed/keylime_binary_bios_measurements-empty.bin", "event_log: empty"},
    {"malformed/specid_invalid_version.bin",
     "event_log.event 0.spec_version_major@0x36: version 1.2, wanted 2.0"},
    {"malformed/trailing_ff_padding.bin",
     "event_log.event 83.type@0x84fa: 0xff padding, not allowed in a TPM's log"},
    {"malformed/trailing_zero_padding.bin",
     "event_log.event 83.data@0x8502: zero padding, not allowed in a TPM's log"},
    {"malformed/truncated_mid_event.bin",
     "event_log.event 82.data@0x84ca: need 40 bytes, 33 remain"},
    {"tpm2-tools/specid-vendordata.bin",
     "event_log.event 0.vendor_info@0x45: need 4 bytes, 0 remain"},
};

void expect_as_in_manifest(const EventLog& log, const json::object& expected) {
  const bool agile = expected.at("format").as_string() == "crypto-agile";
  EXPECT_EQ(log.crypto_agile, agile);
  EXPECT_EQ(log.events.size(), static_cast<std::size_t>(expected.at("events").as_int64()));
  json::array names;
  for (const HashAlgorithm a : log.algorithms) names.emplace_back(name_of(a));
  EXPECT_EQ(json::value(names), expected.at("algs"));
  for (std::size_t i = 0; i < log.events.size(); ++i) {
    EXPECT_EQ(log.events[i].number, i + (agile ? 1 : 0));
  }
}

TEST(EventLogCorpus, IsReadAsItsManifestSays) {
  const auto manifest = corpus_file("eventlogs/manifest.json");
  if (!manifest) GTEST_SKIP() << "no corpus: set ASSAY_CORPUS";
  const auto root = parse_json_object("manifest", as_text(*manifest), {.bytes = 1 << 20});
  ASSERT_TRUE(root) << to_string(root.error());
  std::size_t seen = 0;
  std::size_t refused = 0;
  for (const json::value& value : root->at("items").as_array()) {
    const json::object& item = value.as_object();
    if (item.at("kind").as_string() != "tcg-eventlog") continue;
    const std::string name(item.at("name").as_string());
    SCOPED_TRACE(name);
    const auto log = corpus_file("eventlogs/" + name);
    ASSERT_TRUE(log);
    ++seen;
    if (const auto it = kRefused.find(name); it != kRefused.end()) {
      EXPECT_EQ(outcome(*log), it->second);
      ++refused;
      continue;
    }
    const auto got = parse_event_log(*log);
    ASSERT_TRUE(got) << to_string(got.error());
    expect_as_in_manifest(*got, item.at("parse").as_object());
  }
  EXPECT_EQ(seen, 35U);
  EXPECT_EQ(refused, kRefused.size());
}

}  // namespace
}  // namespace assay
