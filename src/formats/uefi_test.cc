// SPDX-License-Identifier: Apache-2.0
#include "formats/uefi.h"

#include <gtest/gtest.h>

#include <map>

#include "base/byte_writer.h"
#include "base/json.h"
#include "formats/event_log.h"
#include "formats/recorded.h"

namespace assay {
namespace {

TEST(Guid, IsWrittenAsUefiWritesIt) {
  // UEFI 2.10 appendix A: the first three fields are little-endian in memory.
  const Guid global{{0x61, 0xdf, 0xe4, 0x8b, 0xca, 0x93, 0xd2, 0x11, 0xaa, 0x0d, 0x00, 0xe0, 0x98,
                     0x03, 0x2b, 0x8c}};
  EXPECT_EQ(to_string(global), "8be4df61-93ca-11d2-aa0d-00e098032b8c");
  EXPECT_EQ(guid("8be4df61-93ca-11d2-aa0d-00e098032b8c"), global);
  EXPECT_EQ(kEfiGlobalVariable, global);
}

TEST(GuidDeathTest, RefusesAConstantThatIsNone) {
  EXPECT_DEATH((void)guid("8be4df61"), "");
  EXPECT_DEATH((void)guid("8be4df61-93ca-11d2-aa0d-00e098032b8g"), "");
  EXPECT_DEATH((void)guid("8be4df61 93ca-11d2-aa0d-00e098032b8c"), "");
}

TEST(Utf16, BecomesUtf8) {
  const auto text = [](std::initializer_list<std::uint16_t> units) {
    ByteWriter w;
    for (const std::uint16_t unit : units) w.u16_le(unit);
    return utf8_from_utf16le(w.take());
  };
  EXPECT_EQ(text({}), "");
  EXPECT_EQ(text({'d', 'b'}), "db");
  EXPECT_EQ(text({'d', 'b', 0}), "db");
  EXPECT_EQ(text({'d', 0, 'b'}), std::string("d\0b", 3));
  EXPECT_EQ(text({0x00A3, 0x20AC}), "\xC2\xA3\xE2\x82\xAC");
  EXPECT_EQ(text({0xD83D, 0xDE00}), "\xF0\x9F\x98\x80");
  EXPECT_EQ(text({0xD83D}), "\xEF\xBF\xBD");
  EXPECT_EQ(text({0xDE00, 0xD83D}), "\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(text({0xD83D, 'a'}),
            "\xEF\xBF\xBD"
            "a");
}

TEST(Utf16, IsWrittenFromAscii) {
  EXPECT_EQ(utf16le("db"), (Buffer{'d', 0, 'b', 0}));
  EXPECT_EQ(utf16le(""), Buffer());
}

/// UEFI_VARIABLE_DATA of kEfiGlobalVariable's "SecureBoot", then `rest`.
Buffer variable(std::uint64_t name_units, std::uint64_t data_size, Bytes rest) {
  return ByteWriter()
      .bytes(kEfiGlobalVariable.bytes)
      .u64_le(name_units)
      .u64_le(data_size)
      .bytes(utf16le("SecureBoot"))
      .bytes(rest)
      .take();
}

TEST(UefiVariable, ReadsItsFields) {
  const Buffer data{1};
  const Buffer in = variable(10, 1, data);
  const auto got = parse_uefi_variable(in);
  ASSERT_TRUE(got) << to_string(got.error());
  EXPECT_EQ(got->vendor, kEfiGlobalVariable);
  EXPECT_EQ(got->name, "SecureBoot");
  EXPECT_EQ(to_buffer(got->data), data);
  EXPECT_EQ(got->measured_size, 53U);
}

struct VariableCase {
  std::string_view name;
  Buffer in;
  std::string_view error;
};

const VariableCase kVariables[] = {
    {"no data", variable(10, 0, {}), ""},
    {"the padding of old shims", variable(10, 1, Buffer(7)), ""},
    {"one byte more than that", variable(10, 1, Buffer(8)),
     "uefi_variable.end@0x35: 7 trailing bytes"},
    {"data that is not there", variable(10, 2, Buffer(1)),
     "uefi_variable.data@0x34: need 2 bytes, 1 remain"},
    {"a name that is not there", variable(11, 0, {}),
     "uefi_variable.name@0x20: need 22 bytes, 20 remain"},
    {"a name of 2049 characters", variable(2049, 0, {}),
     "uefi_variable.name_length@0x20: more than 2048 characters"},
    {"a name length that would wrap", variable(1ULL << 63, 0, {}),
     "uefi_variable.name_length@0x20: more than 2048 characters"},
    {"data of more than 1 MiB", variable(10, (1 << 20) + 1, {}),
     "uefi_variable.data_length@0x20: more than 1 MiB"},
    {"a data length that would wrap", variable(10, ~0ULL, {}),
     "uefi_variable.data_length@0x20: more than 1 MiB"},
    {"nothing", {}, "uefi_variable.vendor@0x0: need 16 bytes, 0 remain"},
};

TEST(UefiVariable, ParsesOrExplains) {
  for (const VariableCase& c : kVariables) {
    SCOPED_TRACE(c.name);
    const auto got = parse_uefi_variable(c.in);
    EXPECT_EQ(got ? "" : to_string(got.error()), c.error);
  }
}

/// An EFI_SIGNATURE_LIST of SHA-256 hashes with the sizes it is told to claim.
Buffer list(std::uint32_t list_size, std::uint32_t header_size, std::uint32_t signature_size,
            Bytes rest) {
  return ByteWriter()
      .bytes(kSha256Guid.bytes)
      .u32_le(list_size)
      .u32_le(header_size)
      .u32_le(signature_size)
      .bytes(rest)
      .take();
}

/// One entry: owner of bytes 0xAA, hash of bytes `fill`.
Buffer entry(std::uint8_t fill) {
  return ByteWriter().bytes(Buffer(16, 0xAA)).bytes(Buffer(32, fill)).take();
}

Buffer joined(Buffer a, const Buffer& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

TEST(SignatureLists, ReadEveryEntryOfEveryList) {
  const Buffer in =
      joined(list(28 + 96, 0, 48, joined(entry(1), entry(2))), list(76, 0, 48, entry(3)));
  const auto got = parse_signature_lists(in);
  ASSERT_TRUE(got) << to_string(got.error());
  ASSERT_EQ(got->size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ((*got)[i].type, kSha256Guid);
    EXPECT_EQ((*got)[i].owner.bytes[0], 0xAA);
    EXPECT_EQ(to_buffer((*got)[i].data), Buffer(32, static_cast<std::uint8_t>(i + 1)));
  }
}

TEST(SignatureLists, SkipAVendorHeaderThatLooksLikeAnEntry) {
  const Buffer in = list(28 + 96, 48, 48, joined(entry(0xBD), entry(2)));
  const auto got = parse_signature_lists(in);
  ASSERT_TRUE(got) << to_string(got.error());
  ASSERT_EQ(got->size(), 1U);
  EXPECT_EQ(to_buffer((*got)[0].data), Buffer(32, 2));
}

struct ListCase {
  std::string_view name;
  Buffer in;
  std::string_view error;
};

const ListCase kLists[] = {
    {"nothing", {}, ""},
    {"less than a header", Buffer(27), ""},
    {"a list smaller than its header", list(27, 0, 48, entry(1)),
     "signature_lists.list_size@0x1c: smaller than its own header"},
    {"a list larger than what remains", list(77, 0, 48, entry(1)),
     "signature_lists.list_size@0x1c: larger than what remains"},
    {"a huge list", list(0xFFFFFFFF, 0, 48, entry(1)),
     "signature_lists.list_size@0x1c: larger than what remains"},
    {"a vendor header larger than the list", list(76, 49, 48, entry(1)),
     "signature_lists.header_size@0x1c: larger than the list"},
    {"a vendor header that fills the list", list(76, 48, 48, entry(1)),
     "signature_lists.signature_size@0x1c: a list without entries"},
    {"a signature smaller than its owner", list(76, 0, 12, entry(1)),
     "signature_lists.signature_size@0x1c: smaller than a signature owner"},
    {"a signature of no size", list(76, 0, 0, entry(1)),
     "signature_lists.signature_size@0x1c: smaller than a signature owner"},
    {"a signature larger than the list", list(76, 0, 49, entry(1)),
     "signature_lists.signature_size@0x1c: entries do not fill the list"},
    {"entries that do not fill the list", list(76, 0, 20, entry(1)),
     "signature_lists.signature_size@0x1c: entries do not fill the list"},
    {"bytes after the last list", joined(list(76, 0, 48, entry(1)), Buffer(3)),
     "signature_lists.type@0x4c: need 16 bytes, 3 remain"},
};

TEST(SignatureLists, ParseOrExplain) {
  for (const ListCase& c : kLists) {
    SCOPED_TRACE(c.name);
    const auto got = parse_signature_lists(c.in);
    EXPECT_EQ(got ? "" : to_string(got.error()), c.error);
  }
}

TEST(SignatureLists, HoldAtMost65536Entries) {
  const auto of = [](std::uint32_t count) {
    return parse_signature_lists(list(28 + 16 * count, 0, 16, Buffer(16 * count)));
  };
  EXPECT_EQ(of(65536)->size(), 65536U);
  const auto more = of(65537);
  ASSERT_FALSE(more);
  EXPECT_EQ(to_string(more.error()), "signature_lists.signature@0x1c: more than 65536 entries");
}

/// Certificates and hashes in the variables PK, KEK, db and dbx of one log.
struct Counts {
  std::size_t x509 = 0, sha256 = 0;
  bool operator==(const Counts&) const = default;
};

std::map<std::string, Counts> signature_counts(const EventLog& log) {
  std::map<std::string, Counts> out;
  for (const Event& event : log.events) {
    if (event.type != EventType::efi_variable_driver_config) continue;
    const auto variable = parse_uefi_variable(event.data);
    EXPECT_TRUE(variable) << to_string(variable.error());
    if (!variable || (variable->name != "PK" && variable->name != "KEK" && variable->name != "db" &&
                      variable->name != "dbx"))
      continue;
    const auto entries = parse_signature_lists(variable->data);
    EXPECT_TRUE(entries) << variable->name << ": " << to_string(entries.error());
    Counts& counts = out[variable->name];
    for (const SignatureEntry& e : entries.value_or(std::vector<SignatureEntry>())) {
      counts.x509 += e.type == kX509Guid ? 1 : 0;
      counts.sha256 += e.type == kSha256Guid ? 1 : 0;
    }
  }
  return out;
}

TEST(UefiCorpus, VariablesAreReadAsTheManifestSays) {
  const auto manifest = corpus_file("eventlogs/manifest.json");
  if (!manifest) GTEST_SKIP() << "no corpus: set ASSAY_CORPUS";
  const auto root = parse_json_object("manifest", as_text(*manifest), {.bytes = 1 << 20});
  ASSERT_TRUE(root) << to_string(root.error());
  std::size_t databases = 0;
  for (const json::value& value : root->at("items").as_array()) {
    const json::object& item = value.as_object();
    const std::string name(item.at("name").as_string());
    if (item.at("kind").as_string() != "tcg-eventlog" || !name.starts_with("tpm/")) continue;
    SCOPED_TRACE(name);
    const auto bytes = corpus_file("eventlogs/" + name);
    ASSERT_TRUE(bytes);
    const auto log = parse_event_log(*bytes);
    ASSERT_TRUE(log) << to_string(log.error());
    const auto counts = signature_counts(*log);
    for (const auto& [variable, expected] : item.at("facts").at("sig_dbs").as_object()) {
      const auto it = counts.find(std::string(variable));
      ASSERT_NE(it, counts.end()) << variable;
      EXPECT_EQ(it->second.x509, static_cast<std::size_t>(expected.at("x509").as_int64()))
          << variable;
      EXPECT_EQ(it->second.sha256, static_cast<std::size_t>(expected.at("sha256").as_int64()))
          << variable;
      ++databases;
    }
  }
  EXPECT_GT(databases, 40U);
}

TEST(UefiCorpus, AuthorityEventsOfOldShimsAreRead) {
  const auto bytes = corpus_file("eventlogs/tpm/debian-10.bin");
  if (!bytes) GTEST_SKIP() << "no corpus: set ASSAY_CORPUS";
  const auto log = parse_event_log(*bytes);
  ASSERT_TRUE(log);
  const auto shim = std::find_if(log->events.begin(), log->events.end(), [](const Event& event) {
    return event.type == EventType::efi_variable_authority && event.number == 23;
  });
  ASSERT_NE(shim, log->events.end());
  const auto variable = parse_uefi_variable(shim->data);
  ASSERT_TRUE(variable) << to_string(variable.error());
  EXPECT_EQ(variable->name, "Shim");
  EXPECT_EQ(variable->measured_size + 6, shim->data.size());
}

}  // namespace
}  // namespace assay
