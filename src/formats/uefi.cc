// SPDX-License-Identifier: Apache-2.0
#include "formats/uefi.h"

#include <fmt/format.h>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/check.h"
#include "base/hex.h"

namespace assay {
namespace {

constexpr std::uint64_t kMaxNameUnits = 2048;
constexpr std::uint64_t kMaxVariableData = 1024 * 1024;
constexpr std::size_t kVariableHeader = 32;
constexpr std::size_t kShimPadding = 6;
constexpr std::size_t kListHeader = 28;
constexpr std::size_t kMaxSignatures = 65536;

/// Where byte i of the text form lies in the 16 stored bytes: the first three fields are
/// little-endian.  UEFI 2.10 appendix A.
constexpr std::array<std::size_t, 16> kTextOrder{3, 2, 1,  0,  5,  4,  7,  6,
                                                 8, 9, 10, 11, 12, 13, 14, 15};

Guid read_guid(ByteReader& r, std::string_view field) {
  Guid guid;
  const Bytes bytes = r.take(field, guid.bytes.size());
  std::copy(bytes.begin(), bytes.end(), guid.bytes.begin());
  return guid;
}

std::uint16_t unit_at(Bytes in, std::size_t i) {
  return static_cast<std::uint16_t>(in[2 * i] | in[2 * i + 1] << 8);
}

bool is_high_surrogate(std::uint32_t unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool is_low_surrogate(std::uint32_t unit) { return unit >= 0xDC00 && unit < 0xE000; }

void append_utf8(std::string& out, std::uint32_t c) {
  const auto byte = [&out](std::uint32_t b) { out.push_back(static_cast<char>(b)); };
  if (c < 0x80) {
    byte(c);
  } else if (c < 0x800) {
    byte(0xC0 | c >> 6), byte(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    byte(0xE0 | c >> 12), byte(0x80 | (c >> 6 & 0x3F)), byte(0x80 | (c & 0x3F));
  } else {
    byte(0xF0 | c >> 18), byte(0x80 | (c >> 12 & 0x3F)), byte(0x80 | (c >> 6 & 0x3F));
    byte(0x80 | (c & 0x3F));
  }
}

/// Sizes of one EFI_SIGNATURE_LIST, in bytes.
struct ListSizes {
  std::uint32_t list, header, signature;
};

/// UEFI 2.10 section 32.4.1: the list is its 28-byte header, SignatureHeaderSize bytes of vendor
/// header, and entries of SignatureSize bytes, of which 16 are the owner.  The three sizes may not
/// contradict each other: reading a vendor header as entries would let it forge hashes.
void check_list_sizes(ByteReader& r, const ListSizes& sizes) {
  if (!r.ok()) return;
  r.require("list_size", sizes.list >= kListHeader, "smaller than its own header");
  r.require("list_size", sizes.list - kListHeader <= r.remaining(), "larger than what remains");
  if (!r.ok()) return;
  const std::uint64_t room = sizes.list - kListHeader;
  r.require("header_size", sizes.header <= room, "larger than the list");
  if (!r.ok()) return;
  const std::uint64_t entries = room - sizes.header;
  r.require("signature_size", sizes.signature >= 16, "smaller than a signature owner");
  r.require("signature_size", entries > 0, "a list without entries");
  r.require("signature_size", sizes.signature != 0 && entries % sizes.signature == 0,
            "entries do not fill the list");
}

void read_signature_list(ByteReader& r, std::vector<SignatureEntry>& out) {
  const Guid type = read_guid(r, "type");
  const ListSizes sizes{r.u32_le("list_size"), r.u32_le("header_size"), r.u32_le("signature_size")};
  check_list_sizes(r, sizes);
  if (!r.ok()) return;
  (void)r.take("header", sizes.header);
  const std::size_t count = (sizes.list - kListHeader - sizes.header) / sizes.signature;
  if (count > kMaxSignatures - out.size()) {
    r.fail("signature", fmt::format("more than {} entries", kMaxSignatures));
  }
  for (std::size_t i = 0; r.ok() && i < count; ++i) {
    const Guid owner = read_guid(r, "owner");
    out.push_back({type, owner, r.take("signature", sizes.signature - 16)});
  }
}

}  // namespace

std::string signature_type_name(const Guid& type) {
  struct Named {
    std::string_view guid, name;
  };
  static constexpr Named kNamed[] = {
      {"a5c059a1-94e4-4aa7-87b5-ab155c2bf072", "x509"},
      {"c1c41626-504c-4092-aca9-41f936934328", "sha256"},
      {"826ca512-cf10-4ac9-b187-be01496631bd", "sha1"},
      {"0b6e5233-a65c-44c9-9407-d9ab83bfc8bd", "sha224"},
      {"ff3e5307-9fd0-48c9-85f1-8ad56c701e01", "sha384"},
      {"093e0fae-a6c4-4f50-9f1b-d41e2b89c19a", "sha512"},
      {"3c5766e8-269c-4e34-aa14-ed776e85b3b6", "rsa2048"},
      {"e2b36190-879b-4a3d-ad8d-f2e7bba32784", "rsa2048_sha256"},
      {"67f8444f-8743-48f1-a328-1eaab8736080", "rsa2048_sha1"},
      {"3bd2a492-96c0-4079-b420-fcf98ef103ed", "x509_sha256"},
      {"7076876e-80c2-4ee6-aad2-28b349a6865b", "x509_sha384"},
      {"446dbf63-2502-4cda-bcfa-2465d2b0fe9d", "x509_sha512"},
  };
  const std::string text = to_string(type);
  for (const Named& n : kNamed)
    if (n.guid == text) return std::string(n.name);
  return text;
}

const Guid kX509Guid = guid("a5c059a1-94e4-4aa7-87b5-ab155c2bf072");
const Guid kSha256Guid = guid("c1c41626-504c-4092-aca9-41f936934328");
const Guid kEfiGlobalVariable = guid("8be4df61-93ca-11d2-aa0d-00e098032b8c");
const Guid kEfiImageSecurityDatabase = guid("d719b2cb-3d3a-4596-a3bc-dad00e67656f");
const Guid kShimLock = guid("605dab50-e046-4300-abb6-3dd810dd8b23");

std::string to_string(const Guid& guid) {
  std::array<std::uint8_t, 16> ordered{};
  for (std::size_t i = 0; i < ordered.size(); ++i) ordered[i] = guid.bytes[kTextOrder[i]];
  std::string text = hex(ordered);
  for (const std::size_t at : {8U, 13U, 18U, 23U}) text.insert(at, 1, '-');
  return text;
}

Guid guid(std::string_view text) {
  ASSAY_CHECK(text.size() == 36);
  std::string digits(text);
  for (const std::size_t at : {23U, 18U, 13U, 8U}) {
    ASSAY_CHECK(digits[at] == '-');
    digits.erase(at, 1);
  }
  const auto ordered = parse_hex("guid", digits);
  ASSAY_CHECK(ordered && ordered->size() == 16);
  Guid out;
  for (std::size_t i = 0; i < out.bytes.size(); ++i) out.bytes[kTextOrder[i]] = (*ordered)[i];
  return out;
}

Result<UefiVariable> parse_uefi_variable(Bytes in) {
  ByteReader r("uefi_variable", in);
  UefiVariable variable{};
  variable.vendor = read_guid(r, "vendor");
  const std::uint64_t name_units = r.u64_le("name_length");
  const std::uint64_t data_size = r.u64_le("data_length");
  r.require("name_length", name_units <= kMaxNameUnits, "more than 2048 characters");
  r.require("data_length", data_size <= kMaxVariableData, "more than 1 MiB");
  // Only once both are known to be small: the product cannot wrap.
  if (!r.ok()) return tl::unexpected(r.error());
  variable.name = utf8_from_utf16le(r.take("name", 2 * name_units));
  variable.data = r.take("data", data_size);
  variable.measured_size = kVariableHeader + 2 * name_units + data_size;
  if (r.remaining() <= kShimPadding) (void)r.rest();
  return r.finish(std::move(variable));
}

Result<std::vector<SignatureEntry>> parse_signature_lists(Bytes in) {
  std::vector<SignatureEntry> out;
  if (in.size() < kListHeader) return out;
  ByteReader r("signature_lists", in);
  while (r.more()) read_signature_list(r, out);
  return r.finish(std::move(out));
}

std::string utf8_from_utf16le(Bytes in) {
  std::string out;
  const std::size_t units = in.size() / 2;
  out.reserve(units);
  for (std::size_t i = 0; i < units; ++i) {
    std::uint32_t c = unit_at(in, i);
    if (c == 0 && i + 1 == units) break;
    if (is_high_surrogate(c) && i + 1 < units && is_low_surrogate(unit_at(in, i + 1))) {
      c = 0x10000 + ((c - 0xD800) << 10) + (unit_at(in, ++i) - 0xDC00U);
    } else if (is_high_surrogate(c) || is_low_surrogate(c)) {
      c = 0xFFFD;
    }
    append_utf8(out, c);
  }
  return out;
}

Buffer utf16le(std::string_view ascii) {
  ByteWriter w;
  for (const char c : ascii) {
    ASSAY_CHECK(static_cast<unsigned char>(c) < 0x80);
    w.u16_le(static_cast<std::uint16_t>(c));
  }
  return w.take();
}

}  // namespace assay
