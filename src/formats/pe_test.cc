// SPDX-License-Identifier: Apache-2.0
#include "formats/pe.h"

#include <gtest/gtest.h>

#include "base/byte_writer.h"

namespace assay {
namespace {

constexpr std::size_t kPeAt = 64;
constexpr std::size_t kChecksumAt = kPeAt + 24 + 64;
constexpr std::size_t kCertificateEntryAt = kPeAt + 24 + 112 + 4 * 8;
constexpr std::size_t kHeaders = 512;

struct Section {
  std::uint32_t at, size;
};

struct Shape {
  std::uint32_t headers_size = kHeaders;
  std::vector<Section> sections{{kHeaders, 16}};
  std::uint32_t certificate_table = kHeaders + 16 + 8, certificate_size = 24;
  std::uint32_t file_size = kHeaders + 16 + 8 + 24;
};

/// A PE32+ image whose every byte that is not a header field is its own offset, modulo 251.
Buffer image(const Shape& shape) {
  ByteWriter w;
  w.bytes(as_bytes("MZ")).zeros(58).u32_le(kPeAt);
  w.bytes(as_bytes(std::string_view("PE\0\0", 4))).u16_le(0x8664);
  w.u16_le(static_cast<std::uint16_t>(shape.sections.size())).zeros(12).u16_le(240).u16_le(0x2022);
  w.u16_le(0x20B).zeros(58).u32_le(shape.headers_size).u32_le(0xC0FFEE).zeros(4 + 32 + 4);
  w.u32_le(16);
  for (std::uint32_t i = 0; i < 16; ++i)
    w.u32_le(i == 4 ? shape.certificate_table : 0).u32_le(i == 4 ? shape.certificate_size : 0);
  for (const Section& s : shape.sections) w.zeros(16).u32_le(s.size).u32_le(s.at).zeros(16);
  Buffer out = w.take();
  while (out.size() < shape.file_size) out.push_back(static_cast<std::uint8_t>(out.size() % 251));
  out.resize(shape.file_size);
  return out;
}

Buffer joined(const std::vector<Bytes>& pieces) {
  Buffer out;
  for (const Bytes piece : pieces) out.insert(out.end(), piece.begin(), piece.end());
  return out;
}

TEST(Pe, HashesAllButChecksumCertificatesAndTheirEntry) {
  const Buffer pe = image({});
  const auto pieces = authenticode_pieces(pe);
  ASSERT_TRUE(pieces) << to_string(pieces.error());
  Buffer expected(pe.begin(), pe.end() - 24);
  expected.erase(expected.begin() + kCertificateEntryAt,
                 expected.begin() + kCertificateEntryAt + 8);
  expected.erase(expected.begin() + kChecksumAt, expected.begin() + kChecksumAt + 4);
  EXPECT_EQ(joined(*pieces), expected);
}

TEST(Pe, HashesSectionsInTheOrderOfTheFile) {
  Shape shape;
  shape.sections = {{kHeaders + 8, 8}, {kHeaders, 8}};
  const Buffer swapped = image(shape);
  const auto pieces = authenticode_pieces(swapped);
  ASSERT_TRUE(pieces) << to_string(pieces.error());
  EXPECT_TRUE(equal((*pieces)[3], Bytes(swapped).subspan(kHeaders, 8)));
  EXPECT_TRUE(equal((*pieces)[4], Bytes(swapped).subspan(kHeaders + 8, 8)));
}

TEST(Pe, TakesAnImageWithoutASignature) {
  Shape shape;
  shape.certificate_table = shape.certificate_size = 0;
  const Buffer pe = image(shape);
  const auto pieces = authenticode_pieces(pe);
  ASSERT_TRUE(pieces) << to_string(pieces.error());
  EXPECT_EQ(joined(*pieces).size(), pe.size() - 12);
}

struct Refused {
  const char* name;
  Shape shape;
  const char* why;
};

TEST(Pe, RefusesWhatWouldHideBytesFromTheDigest) {
  const Refused rows[] = {
      {"headers end before the fields",
       {.headers_size = 100},
       "pe: the headers' size contradicts their fields"},
      {"headers longer than the file",
       {.headers_size = 100000},
       "pe: the headers' size contradicts their fields"},
      {"a section beyond the end",
       {.sections = {{kHeaders, 4096}}},
       "pe: a section lies beyond the end"},
      {"a section at 4 GiB",
       {.sections = {{0xFFFFFFFF, 0xFFFFFFFF}}},
       "pe: a section lies beyond the end"},
      {"sections that overlap",
       {.sections = {{kHeaders, 40}, {kHeaders, 40}}},
       "pe: sections overlap"},
      {"certificates in the middle",
       {.certificate_table = kHeaders + 16},
       "pe: the certificate table is not at the end"},
      {"certificates over the sections",
       {.certificate_size = 40},
       "pe: the certificate table overlaps the sections"},
  };
  for (const Refused& row : rows) {
    const Buffer pe = image(row.shape);
    const auto pieces = authenticode_pieces(pe);
    ASSERT_FALSE(pieces) << row.name;
    EXPECT_EQ(to_string(pieces.error()), row.why) << row.name;
  }
}

TEST(Pe, EveryPrefixIsRefusedOrHashedWhole) {
  const Buffer pe = image({});
  for (std::size_t size = 0; size < pe.size(); ++size) {
    const Buffer prefix(pe.begin(), pe.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(authenticode_pieces(prefix)) << size;
  }
}

}  // namespace
}  // namespace assay
