// SPDX-License-Identifier: Apache-2.0
#include "formats/cel.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/byte_writer.h"
#include "base/hex.h"
#include "formats/recorded.h"

namespace assay {
namespace {

constexpr const char* kAgentLog = "eventlogs/cel/go-tpm-tools-agent-cel.bin";

Buffer tlv(std::uint8_t type, Bytes value) {
  return ByteWriter().u8(type).u32_be(static_cast<std::uint32_t>(value.size())).bytes(value).take();
}
Buffer tlv(std::uint8_t type, std::string_view value) { return tlv(type, as_bytes(value)); }
Buffer join(std::initializer_list<Buffer> parts) {
  Buffer out;
  for (const Buffer& part : parts) out.insert(out.end(), part.begin(), part.end());
  return out;
}
Buffer recnum(std::uint64_t number) { return tlv(0, ByteWriter().u64_be(number).take()); }
Buffer sha1_digest() { return tlv(4, Buffer(20, 0x11)); }
Buffer digests() { return tlv(3, sha1_digest()); }
Buffer pcr(std::uint8_t index) { return tlv(1, Buffer{index}); }
Buffer firmware_event() { return tlv(5, join({tlv(0, Buffer{0, 0, 0, 4}), tlv(1, Buffer(4))})); }

std::string outcome(CelEncoding encoding, Bytes log) {
  const auto parsed = parse_cel(encoding, log);
  if (!parsed) return to_string(parsed.error());
  std::string out;
  for (const CelRecord& r : parsed->records)
    out += fmt::format("{}{} {} {}", out.empty() ? "" : "; ", r.number, to_string(r.where),
                       name_of(r.content));
  return out;
}

TEST(CelTlv, ReadsALogOfConfidentialSpace) {
  const auto file = corpus_file(kAgentLog);
  if (!file) GTEST_SKIP() << "no corpus";
  const auto log = parse_cel(CelEncoding::tlv, *file);
  ASSERT_TRUE(log) << to_string(log.error());
  ASSERT_EQ(log->records.size(), 18U);
  const CelRecord& second = log->records[1];
  EXPECT_EQ(second.number, 1U);
  EXPECT_EQ(second.offset, 188U);
  EXPECT_EQ(second.where, (CelRegister{CelRegister::Kind::cc_mr, 4}));
  ASSERT_EQ(second.digest_count, 1);
  EXPECT_EQ(
      hex(*second.digest(HashAlgorithm::sha384)),
      "2e8631b88ee476b5395562135a24625e24db4f9d1bf1612aca73c905bbcdfceaf8c9d0723b426190f4148099c5"
      "005886");
  const auto& content = std::get<CosContent>(second.content);
  EXPECT_EQ(as_text(content.event).substr(5),
            "sha256:777049f969d790c7fa9edf5783ad22b2d4fa25f31612e95639eb3b5098ff8066");
  EXPECT_EQ(second.content_tlv.size(), content.event.size() + 5);
}

TEST(CelTlv, EveryPrefixIsAShorterLogOrRefused) {
  const auto file = corpus_file(kAgentLog);
  if (!file) GTEST_SKIP() << "no corpus";
  std::size_t whole = 0;
  for (std::size_t size = 0; size < file->size(); ++size) {
    const CelReading reading = read_cel(CelEncoding::tlv, Bytes(*file).first(size));
    if (!reading.error) ++whole;
    EXPECT_LT(reading.log.records.size(), 18U);
  }
  EXPECT_EQ(whole, 17U);
}

TEST(CelTlv, KeepsTheRecordsBeforeAMalformedOne) {
  const auto file = corpus_file(kAgentLog);
  if (!file) GTEST_SKIP() << "no corpus";
  Buffer log = *file;
  log[346 + 5 + 7] = 9;  // the number of record 2
  const CelReading reading = read_cel(CelEncoding::tlv, log);
  ASSERT_TRUE(reading.error);
  EXPECT_EQ(to_string(*reading.error), "cel.record 2.recnum@0x15a: 9, wanted 2");
  EXPECT_EQ(reading.log.records.size(), 2U);
}

TEST(CelTlv, RefusesTheCorpusFuzzCase) {
  const auto file = corpus_file("eventlogs/malformed/cel-fuzz-ec0d95da60958a59.bin");
  if (!file) GTEST_SKIP() << "no corpus";
  EXPECT_EQ(outcome(CelEncoding::tlv, *file), "cel.record 0.register@0x13: PCR 48, above 23");
  // The same record in PCR 13 with number 0: what is left is its algorithm, SHA3-256.
  Buffer log = *file;
  std::fill_n(log.begin() + 5, 8, std::uint8_t{0});
  log[18] = 13;
  EXPECT_EQ(outcome(CelEncoding::tlv, log),
            "cel.record 0.digests@0x56: algorithm 0x27 is not known");
}

struct TlvCase {
  std::string_view name;
  Buffer log;
  std::string_view outcome;
};

TEST(CelTlv, IsStrict) {
  const Buffer cos = tlv(80, tlv(4, "x"));
  const TlvCase kCases[] = {
      {"a firmware event", join({recnum(0), pcr(7), digests(), firmware_event()}),
       "0 PCR 7 EV_SEPARATOR"},
      {"an entry of IMA's",
       join({recnum(0), pcr(10), digests(), tlv(7, join({tlv(0, "ima-ng"), tlv(1, "data")}))}),
       "0 PCR 10 ima-ng"},
      {"a version",
       join({recnum(0), pcr(7), digests(),
             tlv(4, tlv(1, join({tlv(0, Buffer{1}), tlv(1, Buffer{0, 0})})))}),
       "0 PCR 7 cel_version"},
      {"the firmware's end", join({recnum(0), pcr(7), digests(), tlv(4, tlv(2, ""))}),
       "0 PCR 7 firmware_end"},
      {"a timestamp", join({recnum(0), pcr(7), digests(), tlv(4, tlv(80, Buffer(8, 1)))}),
       "0 PCR 7 cel_timestamp"},
      {"a state transition", join({recnum(0), pcr(7), digests(), tlv(4, tlv(81, Buffer{2}))}),
       "0 PCR 7 state_trans"},
      {"an NV index", join({recnum(0), tlv(2, Buffer{1, 0xc2, 0, 1}), digests(), cos}),
       "0 NV index 0x01c20001 cos"},
      {"two records",
       join({recnum(0), pcr(13), digests(), cos, recnum(1), pcr(13), digests(), cos}),
       "0 PCR 13 cos; 1 PCR 13 cos"},

      {"nothing", {}, "cel: no records"},
      {"a first number of one", join({recnum(1), pcr(13), digests(), cos}),
       "cel.record 0.recnum@0x0: 1, wanted 0"},
      {"a number twice",
       join({recnum(0), pcr(13), digests(), cos, recnum(0), pcr(13), digests(), cos}),
       "cel.record 1.recnum@0x3c: 0, wanted 1"},
      {"a number of four bytes", join({tlv(0, Buffer(4)), pcr(13), digests(), cos}),
       "cel.record 0.recnum@0x9: 4 bytes, wanted 8"},
      {"two kinds of register",
       join({recnum(0), pcr(13), digests(), cos, recnum(1), tlv(108, Buffer{4}), digests(), cos}),
       "cel.record 1.register@0x3c: CC MR 4 in a log of PCRs"},
      {"no register", join({recnum(0), digests(), cos}),
       "cel.record 0.register@0x2b: type 3 is no kind of register"},
      {"PCR 24", join({recnum(0), pcr(24), digests(), cos}),
       "cel.record 0.register@0x13: PCR 24, above 23"},
      {"a PCR of two bytes", join({recnum(0), tlv(1, Buffer{0, 13}), digests(), cos}),
       "cel.record 0.register@0x14: an index of 2 bytes, wanted 1"},
      {"CC MR 5", join({recnum(0), tlv(108, Buffer{5}), digests(), cos}),
       "cel.record 0.register@0x13: CC MR 5, above 4"},
      {"a handle that is no NV index",
       join({recnum(0), tlv(2, Buffer{0x81, 0, 0, 1}), digests(), cos}),
       "cel.record 0.register@0x16: 0x81000001 is no NV index"},
      {"an algorithm twice",
       join({recnum(0), pcr(13), tlv(3, join({sha1_digest(), sha1_digest()})), cos}),
       "cel.record 0.digests@0x4a: sha1 appears twice"},
      {"a short digest", join({recnum(0), pcr(13), tlv(3, tlv(4, Buffer(19))), cos}),
       "cel.record 0.digests@0x30: sha1 has digests of 20 bytes, not 19"},
      {"SHA-256 under SHA-1's number", join({recnum(0), pcr(13), tlv(3, tlv(4, Buffer(32))), cos}),
       "cel.record 0.digests@0x3d: sha1 has digests of 20 bytes, not 32"},
      {"no digest", join({recnum(0), pcr(13), tlv(3, ""), cos}),
       "cel.record 0.digests@0x0: no digest"},
      {"an unknown content", join({recnum(0), pcr(13), digests(), tlv(8, "")}),
       "cel.record 0.content@0x36: content type 8 is not known"},
      {"a content of systemd's, which has no form here",
       join({recnum(0), pcr(11), digests(), tlv(11, "")}),
       "cel.record 0.content@0x36: content type 11 is not known"},
      {"a COS event and a byte", join({recnum(0), pcr(13), digests(), tlv(80, "\x04\0\0\0\1xy")}),
       "cel.record 0.content@0x37: need 4 bytes, 0 remain"},
      {"two COS events",
       join({recnum(0), pcr(13), digests(), tlv(80, join({tlv(4, "x"), tlv(4, "x")}))}),
       "cel.record 0.content@0x42: 6 trailing bytes"},
      {"a firmware event without data",
       join({recnum(0), pcr(13), digests(), tlv(5, tlv(0, Buffer{0, 0, 0, 4}))}),
       "cel.record 0.content@0x3f: need 1 byte, 0 remain"},
      {"a firmware event of a type of five bytes",
       join({recnum(0), pcr(13), digests(), tlv(5, join({tlv(0, Buffer(5)), tlv(1, "")}))}),
       "cel.record 0.content@0x45: wider than four bytes"},
      {"a state transition that is none",
       join({recnum(0), pcr(13), digests(), tlv(4, tlv(81, Buffer{3}))}),
       "cel.record 0.content@0x3c: not suspend, hibernate or kexec"},
      {"an unknown management event", join({recnum(0), pcr(13), digests(), tlv(4, tlv(3, ""))}),
       "cel.record 0.content@0x3b: management event 3 is not known"},
      {"an integer of nine bytes",
       join({recnum(0), pcr(13), digests(), tlv(4, tlv(80, Buffer(9)))}),
       "cel.record 0.content@0x44: an integer of 9 bytes"},
      {"a digest list of 4 GiB", Buffer(join({recnum(0), pcr(13), Buffer{3, 255, 255, 255, 255}})),
       "cel.record 0.digests@0x18: need 4294967295 bytes, 0 remain"},
  };
  for (const TlvCase& c : kCases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(outcome(CelEncoding::tlv, c.log), c.outcome);
  }
}

TEST(CelTlv, HasABoundOfBytes) {
  EXPECT_EQ(outcome(CelEncoding::tlv, Buffer(kMaxCelLog + 1)),
            "cel: 4194305 bytes, at most 4194304 allowed");
}

// --- JSON

constexpr const char* kSha1Hex = "1111111111111111111111111111111111111111";
const std::string kDigests =
    fmt::format(R"("digests":[{{"hashAlg":"sha1","digest":"{}"}}])", kSha1Hex);
const std::string kSeparator =
    R"("content_type":"pcclient_std","content":{"event_type":"ev_separator","event_data":"00000000"})";

std::string record(std::string_view number, std::string_view where, std::string_view content) {
  return fmt::format("{{\"recnum\":{},{},{},{}}}", number, where, kDigests, content);
}

struct TextCase {
  std::string name, log, outcome;
};

TEST(CelJson, IsReadAndIsStrict) {
  const auto content = [](std::string_view type, std::string_view members) {
    return fmt::format(R"("content_type":"{}","content":{{{}}})", type, members);
  };
  const auto one = [&](std::string_view type, std::string_view members) {
    return "[" + record("0", "\"pcr\":7", content(type, members)) + "]";
  };
  const TextCase kCases[] = {
      {"an event by name", "[" + record("0", "\"pcr\":7", kSeparator) + "]",
       "0 PCR 7 EV_SEPARATOR"},
      {"an event by number", one("pcclient_std", R"("event_type":2147483655,"event_data":"")"),
       "0 PCR 7 EV_EFI_ACTION"},
      {"an entry of IMA's",
       one("ima_template", R"("template_name":"ima-sig","template_data":"00")"), "0 PCR 7 ima-sig"},
      {"a version", one("cel", R"("cel_version":{"major":1,"minor":0})"), "0 PCR 7 cel_version"},
      {"the firmware's end", one("cel", R"("firmware_end":null)"), "0 PCR 7 firmware_end"},
      {"a timestamp", one("cel", R"("cel_timestamp":1)"), "0 PCR 7 cel_timestamp"},
      {"a state transition", one("cel", R"("state_trans":"kexec")"), "0 PCR 7 state_trans"},
      {"a word of systemd's", one("systemd", R"("eventType":"phase","string":"ready")"),
       "0 PCR 7 phase"},
      {"two records, with blanks",
       "\n[ " + record("0", "\"pcr\":7", kSeparator) + " ,\t" +
           record("1", "\"pcr\":4", kSeparator) + " ] \n",
       "0 PCR 7 EV_SEPARATOR; 1 PCR 4 EV_SEPARATOR"},
      {"braces and quotes in a text", one("systemd", R"("string":"}\"{]")"), "0 PCR 7 systemd"},

      {"nothing", "", "cel.record 0.log@0x0: not an array of records"},
      {"an object", "{}", "cel.record 0.log@0x0: not an array of records"},
      {"no records", "[]", "cel: no records"},
      {"a number", "[1]", "cel.record 0.record@0x1: not an object"},
      {"a record that does not end", "[{\"a\":\"}\"", "cel.record 0.record@0x1: does not end"},
      {"a comma at the end", "[" + record("0", "\"pcr\":7", kSeparator) + ",]",
       "cel.record 1.record@0xc7: not an object"},
      {"no end", "[" + record("0", "\"pcr\":7", kSeparator),
       "cel.record 1.log@0xc6: neither another record nor the array's end"},
      {"trailing text", "[" + record("0", "\"pcr\":7", kSeparator) + "]x",
       "cel.record 1.end@0xc7: 1 trailing bytes"},
      {"a record that is not JSON", "[{'a':1}]",
       "cel.record 0.json@0x1: record@0x1: not JSON: syntax error"},
      {"a member twice", R"([{"recnum":0,"recnum":0}])",
       "cel.record 0.json@0x1: record@0x13: member \"recnum\" appears twice"},
      {"an unknown member", R"([{"recnum":0,"x":0}])",
       "cel.record 0.record@0x1: member \"x\" is not known"},
      {"no number", R"([{"pcr":0}])", "cel.record 0.recnum@0x1: missing"},
      {"a negative number", "[" + record("-1", "\"pcr\":7", kSeparator) + "]",
       "cel.record 0.recnum@0x1: not an unsigned integer"},
      {"a number that is a text", "[" + record("\"0\"", "\"pcr\":7", kSeparator) + "]",
       "cel.record 0.recnum@0x1: not an unsigned integer"},
      {"a number left out", "[" + record("1", "\"pcr\":7", kSeparator) + "]",
       "cel.record 0.recnum@0x1: 1, wanted 0"},
      {"no register", "[" + record("0", "\"recnu\":7", kSeparator) + "]",
       "cel.record 0.record@0x1: member \"recnu\" is not known"},
      {"two registers", "[" + record("0", R"("pcr":7,"nv_index":29491201)", kSeparator) + "]",
       "cel.record 0.register@0x1: pcr and nv_index"},
      {"PCR 24", "[" + record("0", "\"pcr\":24", kSeparator) + "]",
       "cel.record 0.register@0x1: PCR 24, above 23"},
      {"a PCR and an NV index",
       "[" + record("0", "\"pcr\":7", kSeparator) + "," +
           record("1", "\"nv_index\":29491201", kSeparator) + "]",
       "cel.record 1.register@0xc7: NV index 0x01c20001 in a log of PCRs"},
      {"an unknown event name", one("pcclient_std", R"("event_type":"ev_x","event_data":"")"),
       "cel.record 0.content.event_type@0x1: neither a number nor a known name"},
      {"an event type beyond 32 bits",
       one("pcclient_std", R"("event_type":4294967296,"event_data":"")"),
       "cel.record 0.content.event_type@0x1: neither a number nor a known name"},
      {"data in base64", one("pcclient_std", R"("event_type":4,"event_data":"AAAA_w==")"),
       "cel.record 0.content.event_data@0x1: character 5 is not a hexadecimal digit"},
      {"an unknown content", one("cos", "\"x\":1"),
       "cel.record 0.content_type@0x1: \"cos\" is not known"},
      {"an unknown member of a content",
       one("ima_template", R"("template_name":"ima","template_data":"","x":1)"),
       "cel.record 0.content@0x1: member \"x\" is not known"},
      {"two management events", one("cel", R"("firmware_end":null,"cel_timestamp":1)"),
       "cel.record 0.content@0x1: wanted one management event"},
      {"a state transition that is none", one("cel", R"("state_trans":3)"),
       "cel.record 0.content.state_trans@0x1: not suspend, hibernate or kexec"},
  };
  for (const TextCase& c : kCases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(outcome(CelEncoding::json, as_bytes(c.log)), c.outcome);
  }
}

TEST(CelJson, OutlivesBeingMoved) {
  const std::string text = "[" + record("0", "\"pcr\":7", kSeparator) + "]";
  CelLog log = parse_cel(CelEncoding::json, as_bytes(text)).value();
  const CelLog moved = std::move(log);
  EXPECT_EQ(hex(*moved.records[0].digest(HashAlgorithm::sha1)), kSha1Hex);
  EXPECT_EQ(hex(std::get<PcClientContent>(moved.records[0].content).data), "00000000");
}

// --- CBOR, written by hand from the table of docs/formats/cel.md

TEST(CelCbor, IsReadAndIsStrict) {
  const std::string digest = "03a10454" + std::string(kSha1Hex);  // 3: {4: h'11..'}
  const std::string separator = "05a20004014400000000";           // 5: {0: 4, 1: h'00000000'}
  const auto rec = [&](std::string_view number, std::string_view where, std::string_view rest) {
    return fmt::format("a400{}{}{}{}", number, where, digest, rest);
  };
  const TextCase kCases[] = {
      {"an event", "81" + rec("00", "0107", separator), "0 PCR 7 EV_SEPARATOR"},
      {"keys in another order", "81a4" + separator + digest + "01070000", "0 PCR 7 EV_SEPARATOR"},
      {"an NV index", "81" + rec("00", "021a01c20001", separator),
       "0 NV index 0x01c20001 EV_SEPARATOR"},
      {"a CC MR", "81" + rec("00", "186c04", separator), "0 CC MR 4 EV_SEPARATOR"},
      {"an entry of IMA's", "81" + rec("00", "010a", "07a20066696d612d6e67014100"),
       "0 PCR 10 ima-ng"},
      {"a version", "81" + rec("00", "0107", "04a101a200010100"), "0 PCR 7 cel_version"},
      {"the firmware's end", "81" + rec("00", "0107", "04a102f6"), "0 PCR 7 firmware_end"},
      {"a timestamp", "81" + rec("00", "0107", "04a1185001"), "0 PCR 7 cel_timestamp"},
      {"a state transition", "81" + rec("00", "0107", "04a1185102"), "0 PCR 7 state_trans"},
      {"two records", "82" + rec("00", "0107", separator) + rec("01", "0104", separator),
       "0 PCR 7 EV_SEPARATOR; 1 PCR 4 EV_SEPARATOR"},

      {"nothing", "", "cel.log@0x0: the input ends here"},
      {"a map", "a0", "cel.log@0x0: not an array"},
      {"no records", "80", "cel: no records"},
      {"a record that is none", "8100",
       "cel.record 0.record@0x1: wanted a map, got an unsigned integer"},
      {"three members", "81a3000001070500", "cel.record 0.record@0x1: 3 members, wanted 4"},
      {"a number left out", "81" + rec("01", "0107", separator),
       "cel.record 0.recnum@0x1: 1, wanted 0"},
      {"a number that is a text", "81" + rec("6130", "0107", separator),
       "cel.record 0.recnum@0x3: wanted an unsigned integer, got a text"},
      {"PCR 24", "81" + rec("00", "011818", separator),
       "cel.record 0.register@0x5: PCR 24, above 23"},
      {"PCR 2^32 + 7", "81" + rec("00", "011b0000000100000007", separator),
       "cel.record 0.register@0x5: PCR 4294967295, above 23"},
      {"no register", "81" + rec("00", "0907", separator),
       "cel.record 0.register@0x1: no kind of register"},
      {"COS, whose digests are over its TLV", "81" + rec("00", "010d", "1850a0"),
       "cel.record 0.content@0x1: content of no known type"},
      {"an unknown algorithm", "81a40000010703a1182741ff" + separator,
       "cel.record 0.digests@0x8: an algorithm that is not known"},
      {"a short digest", "81a40000010703a10441ff" + separator,
       "cel.record 0.digests@0x9: sha1 has digests of 20 bytes, not 1"},
      {"no digest", "81a40000010703a0" + separator, "cel.record 0.digests@0x1: no digest"},
      {"a digest that is a text",
       "81a40000010703a10461"
       "61" +
           separator,
       "cel.record 0.digests@0x9: not a byte string"},
      {"an event type beyond 32 bits", "81" + rec("00", "0107", "05a2001b00000001000000000140"),
       "cel.record 0.content.event_type@0x21: wider than four bytes"},
      {"a key twice", "81a4000000000107" + digest,
       "cel.record 0@0x4: a key appears twice in a map"},
      {"nested too deep", "81a4000001078181818181818100", "cel.record 0@0xa: nested deeper than 4"},
      {"trailing bytes", "81" + rec("00", "0107", separator) + "00",
       "cel.end@0x28: 1 trailing bytes"},
  };
  for (const TextCase& c : kCases) {
    SCOPED_TRACE(c.name);
    const Buffer in = parse_hex("in", c.log).value();
    EXPECT_EQ(outcome(CelEncoding::cbor, in), c.outcome);
  }
}

// --- systemd

TEST(SystemdLog, IsReadAndIsStrict) {
  const auto word = [](std::string_view members) {
    return fmt::format("\x1e{{\"pcr\":11,{},\"content_type\":\"systemd\",\"content\":{{{}}}}}\n",
                       kDigests, members);
  };
  const std::string ready =
      word(R"("string":"ready","bootId":"b0b0","timestamp":17,"eventType":"phase","newer":1)");
  const TextCase kCases[] = {
      {"two words", ready + ready, "0 PCR 11 phase; 1 PCR 11 phase"},
      {"no text", word("\"eventType\":\"volume-key\""), "0 PCR 11 volume-key"},
      {"PCRs and NV indexes",
       ready +
           fmt::format(
               "\x1e{{\"nv_index\":29491201,{},\"content_type\":\"systemd\",\"content\":{{}}}}\n",
               kDigests),
       "0 PCR 11 phase; 1 NV index 0x01c20001 systemd"},

      {"nothing", "", "cel: no records"},
      {"no separator", ready.substr(1),
       "cel.record 0.record@0x0: does not begin with a record separator (0x1e)"},
      {"a record cut short", ready + ready.substr(0, 20),
       "cel.record 1.record@0xd2: does not end with a line feed: it may be cut short"},
      {"a line feed missing", ready.substr(0, ready.size() - 1) + ready,
       "cel.record 0.record@0x0: does not end with a line feed: it may be cut short"},
      {"not JSON",
       "\x1e"
       "x\n",
       "cel.record 0.json@0x0: record@0x0: not JSON: syntax error"},
      {"another content", fmt::format("\x1e{{\"pcr\":7,{},{}}}\n", kDigests, kSeparator),
       "cel.record 0.content_type@0x0: not systemd's"},
      {"a text that is a number", word("\"string\":1"),
       "cel.record 0.content@0x0: \"string\" is not a text"},
  };
  for (const TextCase& c : kCases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(outcome(CelEncoding::systemd, as_bytes(c.log)), c.outcome);
  }
  const CelLog log = parse_cel(CelEncoding::systemd, as_bytes(ready)).value();
  const auto& content = std::get<SystemdContent>(log.records[0].content);
  EXPECT_EQ(content.text, "ready");
  EXPECT_EQ(content.boot_id, "b0b0");
  EXPECT_EQ(content.timestamp_us, 17U);
}

}  // namespace
}  // namespace assay
