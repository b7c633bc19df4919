// SPDX-License-Identifier: Apache-2.0
#include "formats/attestation.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/stubs/logging.h>
#include <gtest/gtest.h>
#include <proto/attest.pb.h>

#include "base/hex.h"
#include "formats/event_log.h"
#include "formats/recorded.h"

namespace assay {
namespace {

constexpr AttestationFormat kFormats[] = {AttestationFormat::binarypb, AttestationFormat::textproto,
                                          AttestationFormat::json};

/// A small value with every field.
Attestation small() {
  Attestation a;
  a.ak_pub = {1, 2, 3};
  a.event_log = {4, 0, 0xFF};
  a.canonical_event_log = {5};
  a.ak_cert = {6};
  a.intermediates = {{7}, {8, 8}};
  Quote quote{{9}, {10}, {HashAlgorithm::sha1, {}}};
  for (const std::size_t i : {0U, 2U, 10U, 23U}) {
    quote.pcrs.values[i].emplace(HashAlgorithm::sha1, Buffer(20, static_cast<std::uint8_t>(i)));
  }
  a.quotes = {quote};
  a.claimed_instance = GceInstance{"zone", "project", 12, "name", ~std::uint64_t{0}};
  return a;
}

TEST(Attestation, ComesBackFromEachFormat) {
  for (const AttestationFormat format : kFormats) {
    const Buffer bytes = encode_attestation(small(), format);
    const auto got = parse_attestation(bytes, format);
    ASSERT_TRUE(got) << to_string(got.error());
    EXPECT_EQ(*got, small());
    EXPECT_EQ(encode_attestation(*got, format), bytes);
  }
}

TEST(Attestation, WritesProto3Json) {
  Attestation a = small();
  a.quotes[0].pcrs.values[10].reset();
  a.quotes[0].pcrs.values[23].reset();
  EXPECT_EQ(to_text(encode_attestation(a, AttestationFormat::json)),
            R"({"akPub":"AQID","quotes":[{"quote":"CQ==","rawSig":"Cg==","pcrs":{"hash":"SHA1",)"
            R"("pcrs":{"0":"AAAAAAAAAAAAAAAAAAAAAAAAAAA=","2":"AgICAgICAgICAgICAgICAgICAgI="}}}],)"
            R"("eventLog":"BAD/","instanceInfo":{"zone":"zone","projectId":"project",)"
            R"("projectNumber":"12","instanceName":"name","instanceId":"18446744073709551615"},)"
            R"("canonicalEventLog":"BQ==","akCert":"Bg==","intermediateCerts":["Bw==","CAg="]})"
            "\n");
}

TEST(Attestation, NamesItsFormats) {
  EXPECT_EQ(attestation_format("binarypb"), AttestationFormat::binarypb);
  EXPECT_EQ(attestation_format("textproto"), AttestationFormat::textproto);
  EXPECT_EQ(attestation_format("json"), AttestationFormat::json);
  EXPECT_FALSE(attestation_format("JSON"));
  EXPECT_FALSE(attestation_format(""));
}

struct Case {
  std::string_view name;
  AttestationFormat format;
  std::string in;
  std::string_view error;
};

const std::string kDeep = [] {
  std::string text;
  for (int i = 0; i < 33; ++i) text += R"({"a":)";
  text += "1";
  for (int i = 0; i < 33; ++i) text += "}";
  return text;
}();

const Case kCases[] = {
    {"nothing at all in binary", AttestationFormat::binarypb, "", ""},
    {"nothing at all in text", AttestationFormat::textproto, "", ""},
    {"an empty object", AttestationFormat::json, "{}", ""},
    {"an unknown field in binary is read over", AttestationFormat::binarypb, "\xFA\x01\x01x", ""},
    {"original field names in JSON", AttestationFormat::json, R"({"ak_pub":"AQ=="})", ""},
    {"no binary", AttestationFormat::binarypb, "hello, world",
     "attestation: not a protobuf message of type attest.Attestation"},
    {"a length beyond the end", AttestationFormat::binarypb, "\x0A\x7F",
     "attestation: not a protobuf message of type attest.Attestation"},
    {"a zone that is not UTF-8", AttestationFormat::binarypb, "\x22\x03\x0A\x01\xFF",
     "attestation: not a protobuf message of type attest.Attestation"},
    {"a zone that is not UTF-8, in text", AttestationFormat::textproto,
     "instance_info { zone: \"\\377\" }", "attestation.instance_info.zone: not UTF-8"},
    {"an unknown field in text", AttestationFormat::textproto, "ak_pub: \"a\"\nakcert: \"b\"",
     "attestation: line 2, column 7: Message type \"attest.Attestation\" has no field named "
     "\"akcert\"."},
    {"a field twice in text", AttestationFormat::textproto, "ak_pub: \"a\" ak_pub: \"b\"",
     "attestation: line 1, column 19: Non-repeated field \"ak_pub\" is specified multiple times."},
    {"no JSON", AttestationFormat::json, "ak_pub", "attestation@0x0: not JSON: syntax error"},
    {"an array", AttestationFormat::json, "[]", "attestation: wanted an object, got an array"},
    {"a member twice", AttestationFormat::json, R"({"akPub":"AQ==","akPub":"Ag=="})",
     "attestation@0x16: member \"akPub\" appears twice"},
    {"a field under both of its names", AttestationFormat::json,
     R"({"akPub":"AQ==","ak_pub":"Ag=="})",
     "attestation.ak_pub: appears twice, under both of its names"},
    {"a PCR under two spellings", AttestationFormat::json,
     R"({"quotes":[{"pcrs":{"hash":"SHA1","pcrs":{"1":"","01":""}}}]})",
     "attestation.quotes[0].pcrs.pcrs[01]: key is not spelled as it is printed"},
    {"an unknown member", AttestationFormat::json, R"({"akCertificate":"AQ=="})",
     "attestation.akCertificate: unknown member"},
    {"an unknown member further in", AttestationFormat::json, R"({"quotes":[{"sig":""}]})",
     "attestation.quotes[0].sig: unknown member"},
    {"too deep", AttestationFormat::json, kDeep, "attestation@0xa0: nested deeper than 32"},
    {"an unknown bank", AttestationFormat::textproto, "quotes { pcrs { } }",
     "attestation.quotes[0].pcrs.hash: unknown PCR bank 0x0000"},
    {"a PCR of another bank's size", AttestationFormat::textproto,
     "quotes { pcrs { hash: SHA256 pcrs { key: 4 value: \"12345678901234567890\" } } }",
     "attestation.quotes[0].pcrs.pcrs[4]: 20 bytes, sha256 digests have 32"},
    {"PCR 24", AttestationFormat::textproto,
     "quotes { pcrs { hash: SHA1 pcrs { key: 24 value: \"12345678901234567890\" } } }",
     "attestation.quotes[0].pcrs.pcrs[24]: PCR above 23"},
};

TEST(Attestation, ParsesOrExplains) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    testing::internal::CaptureStderr();
    const auto got = parse_attestation(as_bytes(c.in), c.format);
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
    EXPECT_EQ(got ? "" : to_string(got.error()), c.error);
  }
}

std::string outcome(const attest::Attestation& message) {
  const auto got = from_message(message);
  return got ? "" : to_string(got.error());
}

TEST(Attestation, HasBounds) {
  attest::Attestation message;
  const auto quote = [&] { message.add_quotes()->mutable_pcrs()->set_hash(tpm::SHA256); };
  for (int i = 0; i < 8; ++i) quote();
  EXPECT_EQ(outcome(message), "");
  quote();
  EXPECT_EQ(outcome(message), "attestation.quotes: 9 of them, at most 8 allowed");
  message.Clear();

  for (int i = 0; i < 9; ++i) message.add_intermediate_certs("x");
  EXPECT_EQ(outcome(message), "attestation.intermediate_certs: 9 of them, at most 8 allowed");
  message.Clear();

  message.set_event_log(std::string(kMaxEventLog, 'x'));
  EXPECT_EQ(outcome(message), "");
  message.set_event_log(std::string(kMaxEventLog + 1, 'x'));
  EXPECT_EQ(outcome(message), "attestation.event_log: 4194305 bytes, at most 4194304 allowed");
  message.Clear();

  message.set_ak_cert(std::string(16385, 'x'));
  EXPECT_EQ(outcome(message), "attestation.ak_cert: 16385 bytes, at most 16384 allowed");
  message.Clear();

  message.add_intermediate_certs("");
  message.add_intermediate_certs(std::string(16385, 'x'));
  EXPECT_EQ(outcome(message),
            "attestation.intermediate_certs[1]: 16385 bytes, at most 16384 allowed");
  message.Clear();

  message.add_quotes()->set_quote(std::string(4097, 'x'));
  EXPECT_EQ(outcome(message), "attestation.quotes[0].quote: 4097 bytes, at most 4096 allowed");
}

TEST(Attestation, RefusesMoreThanItsFormatMayHold) {
  for (const auto& [format, error] :
       std::initializer_list<std::pair<AttestationFormat, std::string_view>>{
           {AttestationFormat::binarypb, "attestation: 8388609 bytes, at most 8388608 allowed"},
           {AttestationFormat::textproto, "attestation: 33554433 bytes, at most 33554432 allowed"},
           {AttestationFormat::json,
            "attestation: 12582913 bytes of JSON, at most 12582912 allowed"}}) {
    const std::size_t size = format == AttestationFormat::binarypb    ? kMaxAttestation + 1
                             : format == AttestationFormat::textproto ? kMaxAttestation * 4 + 1
                                                                      : kMaxAttestation / 2 * 3 + 1;
    const auto got = parse_attestation(Buffer(size, ' '), format);
    ASSERT_FALSE(got);
    EXPECT_EQ(to_string(got.error()), error);
  }
}

/// What Google's library makes of the binary form: the reference for our reader.
std::string as_the_library_reads(Bytes in) {
  const google::protobuf::LogSilencer silence;
  attest::Attestation message;
  google::protobuf::io::CodedInputStream stream(in.data(), static_cast<int>(in.size()));
  stream.SetRecursionLimit(32);
  if (!message.ParseFromCodedStream(&stream) || !stream.ConsumedEntireMessage())
    return "attestation: not a protobuf message of type attest.Attestation";
  const auto got = from_message(message);
  return got ? to_text(encode_attestation(*got, AttestationFormat::json)) : to_string(got.error());
}

std::string as_we_read(Bytes in) {
  const auto got = parse_attestation(in, AttestationFormat::binarypb);
  return got ? to_text(encode_attestation(*got, AttestationFormat::json)) : to_string(got.error());
}

std::string groups(int depth) {
  return std::string(static_cast<std::size_t>(depth), '\x7B') +
         std::string(static_cast<std::size_t>(depth), '\x7C');
}

struct WireCase {
  std::string_view name;
  std::string in;
  bool ok;
};
const WireCase kWireCases[] = {
    {"a field of a type that it is not declared with is read over", "\x08\x01", true},
    {"a number of eight bytes and one of four", "\x79________\x7D____", true},
    {"a number of eight bytes, cut", "\x79_______", false},
    {"a number of four bytes, cut", "\x7D___", false},
    {"a number of ten bytes", "\x78\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F", true},
    {"a number of eleven bytes", "\x78\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", false},
    {"a number without its end", "\x78\xFF", false},
    {"a tag longer than it need be", std::string("\x8A\x80\x00\x01x", 5), true},
    {"a tag of five bytes with bits beyond 32", "\x8A\x80\x80\x80\x70\x01x", true},
    {"a tag of six bytes", std::string("\x8A\x80\x80\x80\x80\x00\x01x", 8), false},
    {"a length of five bytes", std::string("\x0A\x81\x80\x80\x80\x00x", 7), true},
    {"a length of six bytes", std::string("\x0A\x81\x80\x80\x80\x80\x00x", 8), false},
    {"a length of 2 GiB", "\x0A\x80\x80\x80\x80\x08", false},
    {"field 0", std::string("\x02\x01x", 3), false},
    {"a tag of zero", std::string(1, '\0'), false},
    {"a type that there is not", "\x7E", false},
    {"the end of a group that has not begun", "\x7C", false},
    {"a group with fields in it", "\x7B\x0A\x01x\x08\x01\x7C", true},
    {"a group that ends as another", "\x7B\x74", false},
    {"a group without its end", "\x7B\x0A\x01x", false},
    {"groups 32 deep", groups(32), true},
    {"groups 33 deep", groups(33), false},
    {"a group in a quote, 31 deep", std::string("\x12\x3E") + groups(31), false},
    {"a quote that its message is too short for", "\x12\x05\x0A\x04xxx", false},
    {"a PCR's value that its entry is too short for", "\x12\x08\x1A\x06\x12\x04\x12\x03xx", false},
    {"a field twice: the last one counts", "\x0A\x01x\x0A\x02yz", true},
    {"an instance twice: both count", "\x22\x03\x0A\x01z\x22\x03\x12\x01p", true},
    {"nine quotes",
     [] {
       std::string s;
       for (int i = 0; i < 9; ++i) s += std::string("\x12\x00", 2);
       return s;
     }(),
     false},
    {"nine quotes, the last one broken",
     [] {
       std::string s;
       for (int i = 0; i < 8; ++i) s += std::string("\x12\x00", 2);
       return s + "\x12\x01\x0A";
     }(),
     false},
    {"a bank beyond 32 bits", std::string("\x12\x0A\x1A\x08\x08\x8B\x80\x80\x80\x80\x80\x01", 12),
     true},
};

TEST(Attestation, ReadsBinaryAsTheLibraryDoes) {
  for (const WireCase& c : kWireCases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(as_we_read(as_bytes(c.in)), as_the_library_reads(as_bytes(c.in)));
    EXPECT_EQ(parse_attestation(as_bytes(c.in), AttestationFormat::binarypb).has_value(), c.ok);
  }
}

/// But for evidence of the CPU, which we do not look into.
void expect_same_reading(Bytes in) {
  const auto got = parse_attestation(in, AttestationFormat::binarypb);
  if (got && !got->tee_evidence.empty()) return;
  ASSERT_EQ(as_we_read(in), as_the_library_reads(in)) << hex(in);
}

TEST(Attestation, ReadsEveryChangeOfBinaryAsTheLibraryDoes) {
  const Buffer bytes = encode_attestation(small(), AttestationFormat::binarypb);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    expect_same_reading(Bytes(bytes).first(i));
    for (const unsigned flip :
         {0x01U, 0x02U, 0x04U, 0x08U, 0x10U, 0x20U, 0x40U, 0x80U, 0x7FU, 0xFFU}) {
      Buffer changed = bytes;
      changed[i] = static_cast<std::uint8_t>(changed[i] ^ flip);
      expect_same_reading(changed);
    }
    Buffer longer = bytes;
    longer.insert(longer.begin() + static_cast<std::ptrdiff_t>(i), 0x80);
    expect_same_reading(longer);
    Buffer shorter = bytes;
    shorter.erase(shorter.begin() + static_cast<std::ptrdiff_t>(i));
    expect_same_reading(shorter);
  }
}

TEST(Attestation, TellsOfTeeEvidenceItDoesNotRead) {
  attest::Attestation message;
  EXPECT_EQ(from_message(message)->tee_evidence, "");
  message.mutable_sev_snp_attestation();
  EXPECT_EQ(from_message(message)->tee_evidence, "sev_snp_attestation");
  message.mutable_tdx_attestation();
  EXPECT_EQ(from_message(message)->tee_evidence, "tdx_attestation");
}

class AttestationCorpus : public testing::Test {
 protected:
  void SetUp() override {
    const auto file = corpus_file("gce-attestations/gce-cos-85-nonce9009.pb");
    if (!file) GTEST_SKIP() << "no corpus: set ASSAY_CORPUS";
    bytes = *file;
  }
  Buffer bytes;
};

TEST_F(AttestationCorpus, IsReadAsTheSpecSays) {
  const auto got = parse_attestation(bytes, AttestationFormat::binarypb);
  ASSERT_TRUE(got) << to_string(got.error());
  EXPECT_EQ(bytes.size(), 29602U);
  EXPECT_EQ(got->ak_pub.size(), 280U);
  EXPECT_EQ(hex(Bytes(got->ak_pub).first(24)),
            "0001000b000500720000001000140"
            "00b0800000000000100");
  EXPECT_EQ(got->event_log.size(), 23970U);
  EXPECT_EQ(got->ak_cert.size(), 1340U);
  EXPECT_TRUE(got->intermediates.empty());
  EXPECT_TRUE(got->canonical_event_log.empty());
  EXPECT_FALSE(got->claimed_instance);
  EXPECT_EQ(got->tee_evidence, "");
  ASSERT_EQ(got->quotes.size(), 3U);
  for (const Quote& quote : got->quotes) {
    // 113 bytes with an empty nonce; this one has two.
    EXPECT_EQ(quote.attest.size(), 115U);
    EXPECT_EQ(quote.signature.size(), 262U);
    EXPECT_EQ(quote.pcrs.mask(), 0xFFFFFFU);
  }
  const PcrValues& sha256 = got->quotes[1].pcrs;
  EXPECT_EQ(sha256.bank, HashAlgorithm::sha256);
  EXPECT_EQ(hex(sha256.values[5]->bytes()),
            "158cd54b4f5f440d1a4da99da68fce2b1576eb8e2f18af2c3d9f96463f28d04e");
  EXPECT_EQ(hex(sha256.values[9]->bytes()),
            "e01c8cf808763422c5ede2cdb34595b92bd7d06b8bbd6014b54d2e95b14b0963");
  EXPECT_EQ(hex(sha256.values[10]->bytes()),
            "63b093fd26fd34dc09ec621ff349f1053145d559422f11dbce734b3b00b5d673");
}

TEST_F(AttestationCorpus, HoldsALogOf44Events) {
  const auto got = parse_attestation(bytes, AttestationFormat::binarypb);
  ASSERT_TRUE(got);
  const auto log = parse_event_log(got->event_log);
  ASSERT_TRUE(log) << to_string(log.error());
  EXPECT_EQ(log->events.size(), 44U);
}

TEST_F(AttestationCorpus, ComesBackFromEachFormat) {
  const auto got = parse_attestation(bytes, AttestationFormat::binarypb);
  ASSERT_TRUE(got);
  for (const AttestationFormat format : kFormats) {
    const auto again = parse_attestation(encode_attestation(*got, format), format);
    ASSERT_TRUE(again) << to_string(again.error());
    EXPECT_EQ(*again, *got);
  }
}

TEST_F(AttestationCorpus, IsRefusedCutAnywhereInsideAField) {
  // Between two top-level fields a cut message is a shorter message; verifying finds what is
  // missing.
  std::size_t accepted = 0;
  for (std::size_t size = 1; size < bytes.size(); size += 61) {
    const auto got = parse_attestation(Bytes(bytes).first(size), AttestationFormat::binarypb);
    if (got) ++accepted;
  }
  EXPECT_LE(accepted, 6U);
}

}  // namespace
}  // namespace assay
