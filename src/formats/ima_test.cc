// SPDX-License-Identifier: Apache-2.0
#include "formats/ima.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/byte_writer.h"
#include "base/hex.h"
#include "formats/recorded.h"

namespace assay {
namespace {

std::string describe(const ImaEntry& e) {
  return fmt::format("{}@{} PCR {} {} {}{}:{} {} {}{}{}", e.number, e.offset, e.pcr,
                     e.template_name, e.digest_type.empty() ? "" : std::string(e.digest_type) + ":",
                     e.file_algorithm, hex(e.file_digest).substr(0, 4), e.path,
                     e.violation ? "violation" : hex(e.template_hash).substr(0, 4),
                     e.signature.empty() ? "" : " signature " + hex(e.signature),
                     e.buffer.empty() ? "" : " buffer " + hex(e.buffer));
}

/// Each entry, then the error if there is one.
std::string outcome(ImaFormat format, Bytes list) {
  ImaReader reader(format, list);
  std::string out;
  while (reader.next()) out += (out.empty() ? "" : "; ") + describe(reader.entry());
  if (reader.error()) out += (out.empty() ? "" : "; ") + to_string(*reader.error());
  return out;
}

const char* const kBoots[] = {"nosb", "nosblegacy", "sb", "sbfull", "uki", "ukisb"};

TEST(ImaList, OfARecordedBootSaysTheSameInBothFormats) {
  for (const std::string boot : kBoots) {
    SCOPED_TRACE(boot);
    const Buffer binary = boot_file(boot + "/ima_binary");
    const Buffer ascii = boot_file(boot + "/ima_ascii");
    ImaReader a(ImaFormat::binary, binary), b(ImaFormat::ascii, ascii);
    ASSERT_TRUE(a.next());
    ASSERT_TRUE(b.next());
    EXPECT_EQ(describe(a.entry()), describe(b.entry()));
    EXPECT_TRUE(equal(a.entry().template_data, b.entry().template_data));
    EXPECT_EQ(a.entry().path, "boot_aggregate");
    EXPECT_FALSE(a.next());
    EXPECT_FALSE(b.next());
    EXPECT_FALSE(a.error());
    EXPECT_FALSE(b.error());
    EXPECT_TRUE(begins_ima_binary(binary));
    EXPECT_TRUE(begins_ima_ascii(ascii));
    EXPECT_FALSE(begins_ima_ascii(binary));
    EXPECT_FALSE(begins_ima_binary(ascii));
  }
}

TEST(ImaList, EveryPrefixOfAnEntryIsRefused) {
  const Buffer binary = boot_file("sb/ima_binary");
  const Buffer ascii = boot_file("sb/ima_ascii");
  for (std::size_t size = 1; size < binary.size(); ++size) {
    ImaReader reader(ImaFormat::binary, Bytes(binary).first(size));
    EXPECT_FALSE(reader.next());
    EXPECT_TRUE(reader.error()) << size;
  }
  for (std::size_t size = 1; size < ascii.size(); ++size) {
    ImaReader reader(ImaFormat::ascii, Bytes(ascii).first(size));
    EXPECT_FALSE(reader.next());
    EXPECT_TRUE(reader.error()) << size;
  }
}

TEST(ImaList, ReadsTheCorpus) {
  const std::string zeros(40, '0');
  struct Case {
    std::string file, first, second;
  };
  const Case kCases[] = {
      {"sha1", "0@0 PCR 10 ima-ng sha1:0000 boot_aggregate violation",
       "1@112 PCR 10 ima-ng sha1:009b /data edcf"},
      {"sha256", "0@0 PCR 10 ima-ng sha256:f484 boot_aggregate 6309",
       "1@138 PCR 10 ima-ng sha256:96d7 /data 8025"},
      {"sha384", "0@0 PCR 10 ima-ng sha384:0000 boot_aggregate violation",
       "1@170 PCR 10 ima-ng sha384:2039 /data 75c0"},
      {"sha512", "0@0 PCR 10 ima-ng sha512:0000 boot_aggregate violation",
       "1@202 PCR 10 ima-ng sha512:4fb9 /data edc4"},
      {"sm3_256", "0@0 PCR 10 ima-ng sm3_256:0000 boot_aggregate violation",
       "1@163 PCR 10 ima-ng sm3_256:96d7 /data 7dd8"},
      {"unknown", "0@0 PCR 10 ima-ng unknown:0000 boot_aggregate violation",
       "1@157 PCR 10 ima-ng unknown:0011 /data 7dd8"},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.file);
    const auto list = corpus_file("eventlogs/ima/ima-log-" + c.file);
    if (!list) GTEST_SKIP() << "no corpus";
    EXPECT_EQ(outcome(ImaFormat::ascii, *list), c.first + "; " + c.second);
  }
}

const std::string kHash(40, 'a');
const std::string kDigest = "sha1:" + std::string(40, 'b');

struct TextCase {
  std::string name, list, outcome;
};

TEST(ImaAscii, ReadsEveryTemplate) {
  const TextCase kCases[] = {
      {"ima", "10 " + kHash + " ima " + std::string(40, 'b') + " /a b\n",
       "0@0 PCR 10 ima sha1:bbbb /a b aaaa"},
      {"ima-ng", "10 " + kHash + " ima-ng " + kDigest + " /a\n",
       "0@0 PCR 10 ima-ng sha1:bbbb /a aaaa"},
      {"an empty name", "10 " + kHash + " ima-ng " + kDigest + " \n",
       "0@0 PCR 10 ima-ng sha1:bbbb  aaaa"},
      {"ima-sig without signature", "10 " + kHash + " ima-sig " + kDigest + " /a \n",
       "0@0 PCR 10 ima-sig sha1:bbbb /a aaaa"},
      {"ima-sig", "10 " + kHash + " ima-sig " + kDigest + " /a 0302\n",
       "0@0 PCR 10 ima-sig sha1:bbbb /a aaaa signature 0302"},
      {"ima-buf", "10 " + kHash + " ima-buf " + kDigest + " kexec-cmdline 726f\n",
       "0@0 PCR 10 ima-buf sha1:bbbb kexec-cmdline aaaa buffer 726f"},
      {"ima-ngv2", "10 " + kHash + " ima-ngv2 verity:" + kDigest + " /a\n",
       "0@0 PCR 10 ima-ngv2 verity:sha1:bbbb /a aaaa"},
      {"ima-sigv2", "10 " + kHash + " ima-sigv2 ima:" + kDigest + " /a 03\n",
       "0@0 PCR 10 ima-sigv2 ima:sha1:bbbb /a aaaa signature 03"},
      {"a PCR of one digit", " 9 " + kHash + " ima-ng " + kDigest + " /a\n",
       "0@0 PCR 9 ima-ng sha1:bbbb /a aaaa"},
  };
  for (const TextCase& c : kCases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(outcome(ImaFormat::ascii, as_bytes(c.list)), c.outcome);
    EXPECT_TRUE(begins_ima_ascii(as_bytes(c.list)));
  }
}

TEST(ImaAscii, IsStrict) {
  const std::string good = "10 " + kHash + " ima-ng " + kDigest + " /a\n";
  const TextCase kCases[] = {
      {"no line feed", good.substr(0, good.size() - 1),
       "ima.entry 0.line@0x63: does not end with a line feed: it may be cut short"},
      {"an empty line", good + "\n",
       "0@0 PCR 10 ima-ng sha1:bbbb /a aaaa; "
       "ima.entry 1.line@0x64: wanted PCR, template hash, template name and fields"},
      {"PCR 24", "24 " + kHash + " ima-ng " + kDigest + " /a\n", "ima.entry 0.pcr@0x0: not a PCR"},
      {"PCR 010", "010 " + kHash + " ima-ng " + kDigest + " /a\n",
       "ima.entry 0.pcr@0x0: not a PCR"},
      {"a hash of 21 bytes", "10 " + kHash + "aa ima-ng " + kDigest + " /a\n",
       "ima.entry 0.template_hash@0x3: a hash of 21 bytes"},
      {"a hash of 65 bytes", "10 " + std::string(130, 'a') + " ima-ng " + kDigest + " /a\n",
       "ima.entry 0.template_hash@0x3: not a hash in hexadecimal"},
      {"a hash in upper case", "10 " + std::string(40, 'A') + " ima-ng " + kDigest + " /a\n",
       "ima.entry 0.template_hash@0x3: not a hash in hexadecimal"},
      {"hashes of two sizes", good + "10 " + std::string(64, 'a') + " ima-ng " + kDigest + " /a\n",
       "0@0 PCR 10 ima-ng sha1:bbbb /a aaaa; "
       "ima.entry 1.template_hash@0x67: a hash of 32 bytes, those before have 20"},
      {"an unknown template", "10 " + kHash + " evm-sig " + kDigest + " /a\n",
       "ima.entry 0.template_name@0x2c: a template that cannot be read from text: take the binary "
       "list"},
      {"no name", "10 " + kHash + " ima-ng " + kDigest + "\n",
       "ima.entry 0.template_data@0x33: no name behind the digest"},
      {"no signature field", "10 " + kHash + " ima-sig " + kDigest + " /a\n",
       "ima.entry 0.template_data@0x34: no field behind the name"},
      {"a signature that is no hexadecimal", "10 " + kHash + " ima-sig " + kDigest + " /a xx\n",
       "ima.entry 0.template_data@0x34: not hexadecimal"},
      {"half a byte of signature", "10 " + kHash + " ima-sig " + kDigest + " /a 030\n",
       "ima.entry 0.template_data@0x34: not hexadecimal"},
      {"a digest without algorithm", "10 " + kHash + " ima-ng " + std::string(40, 'b') + " /a\n",
       "ima.entry 0.template_data@0x33: not a digest with its algorithm"},
      {"a short digest", "10 " + kHash + " ima-ng sha1:bb /a\n",
       "ima.entry 0.digest@0x0: a digest of another size than its algorithm's"},
      {"a digest of an unknown type", "10 " + kHash + " ima-ngv2 x:" + kDigest + " /a\n",
       "ima.entry 0.digest@0x0: neither an ima nor a verity digest"},
      {"an algorithm in capitals", "10 " + kHash + " ima-ng SHA1:" + std::string(40, 'b') + " /a\n",
       "ima.entry 0.digest@0x0: not the name of an algorithm"},
      {"a legacy digest of 32 bytes", "10 " + kHash + " ima " + std::string(64, 'b') + " /a\n",
       "ima.entry 0.template_data@0x30: not a digest of 20 bytes"},
      {"a legacy name of 256 bytes",
       "10 " + kHash + " ima " + std::string(40, 'b') + " " + std::string(256, 'n') + "\n",
       "ima.entry 0.template_data@0x30: a name that is too long"},
  };
  for (const TextCase& c : kCases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(outcome(ImaFormat::ascii, as_bytes(c.list)), c.outcome);
  }
}

Buffer entry(std::string_view name, Bytes data, std::size_t hash_size = 20) {
  return ByteWriter()
      .u32_le(10)
      .bytes(Buffer(hash_size, 0xAA))
      .u32_le(static_cast<std::uint32_t>(name.size()))
      .bytes(as_bytes(name))
      .u32_le(static_cast<std::uint32_t>(data.size()))
      .bytes(data)
      .take();
}
Buffer sized(std::string_view text) {
  return ByteWriter().u32_le(static_cast<std::uint32_t>(text.size())).bytes(as_bytes(text)).take();
}
Buffer join(std::initializer_list<Buffer> parts) {
  Buffer out;
  for (const Buffer& part : parts) out.insert(out.end(), part.begin(), part.end());
  return out;
}
std::string digest_field(std::string_view prefix, std::size_t size) {
  return std::string(prefix) + '\0' + std::string(size, '\xbb');
}
const Buffer kSha1Field = sized(digest_field("sha1:", 20));
const Buffer kName = sized(std::string_view("/a\0", 3));

TEST(ImaBinary, ReadsEveryTemplate) {
  struct Case {
    std::string_view name;
    Buffer list;
    std::string_view outcome;
  };
  const Buffer legacy = ByteWriter()
                            .u32_le(10)
                            .bytes(Buffer(20, 0xAA))
                            .bytes(sized("ima"))
                            .bytes(Buffer(20, 0xBB))
                            .bytes(sized("/a b"))
                            .take();
  const Case kCases[] = {
      {"ima, twice", join({legacy, legacy}),
       "0@0 PCR 10 ima sha1:bbbb /a b aaaa; 1@59 PCR 10 ima sha1:bbbb /a b aaaa"},
      {"ima-ng", entry("ima-ng", join({kSha1Field, kName})), "0@0 PCR 10 ima-ng sha1:bbbb /a aaaa"},
      {"ima-sig", entry("ima-sig", join({kSha1Field, kName, sized("\x03")})),
       "0@0 PCR 10 ima-sig sha1:bbbb /a aaaa signature 03"},
      {"ima-buf", entry("ima-buf", join({kSha1Field, kName, sized("ro")})),
       "0@0 PCR 10 ima-buf sha1:bbbb /a aaaa buffer 726f"},
      {"ima-ngv2", entry("ima-ngv2", join({sized(digest_field("verity:sha256:", 32)), kName})),
       "0@0 PCR 10 ima-ngv2 verity:sha256:bbbb /a aaaa"},
      {"ima-sigv2",
       entry("ima-sigv2", join({sized(digest_field("ima:sha512:", 64)), kName, sized("")})),
       "0@0 PCR 10 ima-sigv2 ima:sha512:bbbb /a aaaa"},
      {"a template that is not understood", entry("d-ng|n-ng|x", Buffer(3)),
       "0@0 PCR 10 d-ng|n-ng|x :  aaaa"},
      {"template hashes of SHA-256", entry("ima-ng", join({kSha1Field, kName}), 32),
       "0@0 PCR 10 ima-ng sha1:bbbb /a aaaa"},
      {"template hashes of SHA-512", entry("ima-ng", join({kSha1Field, kName}), 64),
       "0@0 PCR 10 ima-ng sha1:bbbb /a aaaa"},

      {"a name without NUL", entry("ima-ng", join({kSha1Field, sized("/a")})),
       "ima.entry 0.name@0x48: a name without its final NUL"},
      {"a NUL inside a name",
       entry("ima-ng", join({kSha1Field, sized(std::string_view("a\0b\0", 4))})),
       "ima.entry 0.name@0x48: a NUL inside a name"},
      {"a digest without NUL", entry("ima-ng", join({sized("sha1:x"), kName})),
       "ima.entry 0.digest@0x2a: no algorithm before the digest"},
      {"one field too many", entry("ima-ng", join({kSha1Field, kName, sized("")})),
       "ima.entry 0.template_data@0x4b: more than the template's fields"},
      {"one field too few", entry("ima-sig", join({kSha1Field, kName})),
       "ima.entry 0.signature@0x4c: the template data ends here"},
      {"a field longer than the data", entry("ima-ng", Buffer{255, 255, 255, 255}),
       "ima.entry 0.digest@0x2a: the template data ends here"},
      {"PCR 24", join({Buffer{24}, Buffer(3)}),
       "ima.entry 0.template_name@0x0: no template name where one must be"},
      {"zeros", Buffer(200), "ima.entry 0.template_name@0x0: no template name where one must be"},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(outcome(ImaFormat::binary, c.list), c.outcome);
  }
}

TEST(ImaReader, ReadsOnWhereAnotherEnded) {
  const Buffer one = entry("ima-ng", join({kSha1Field, kName}), 32);
  const Buffer two = join({one, one});
  ImaReader first(ImaFormat::binary, one);
  while (first.next()) {
  }
  EXPECT_EQ(first.position(), (ImaPosition{1, one.size(), 32}));
  ImaReader second(ImaFormat::binary, two, first.position());
  ASSERT_TRUE(second.next());
  EXPECT_EQ(second.entry().number, 1U);
  EXPECT_FALSE(second.next());
  EXPECT_FALSE(second.error());
  ImaReader shorter(ImaFormat::binary, one, second.position());
  EXPECT_FALSE(shorter.next());
  EXPECT_EQ(shorter.error()->why, "shorter than what was read of it before");
}

}  // namespace
}  // namespace assay
