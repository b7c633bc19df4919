// SPDX-License-Identifier: Apache-2.0
#include "formats/pe.h"

#include <gtest/gtest.h>

#include "formats/testing.h"

namespace assay {
namespace {

constexpr std::uint32_t kHeaders = PeShape::kHeaders;

Buffer joined(const std::vector<Bytes>& pieces) {
  Buffer out;
  for (const Bytes piece : pieces) out.insert(out.end(), piece.begin(), piece.end());
  return out;
}

TEST(Pe, HashesAllButChecksumCertificatesAndTheirEntry) {
  const Buffer pe = pe_image(PeShape{});
  const auto pieces = authenticode_pieces(pe);
  ASSERT_TRUE(pieces) << to_string(pieces.error());
  Buffer expected(pe.begin(), pe.end() - 24);
  const auto cut = [&](std::size_t at, std::size_t size) {
    const auto from = expected.begin() + static_cast<std::ptrdiff_t>(at);
    expected.erase(from, from + static_cast<std::ptrdiff_t>(size));
  };
  cut(kPeCertificateEntryAt, 8);
  cut(kPeChecksumAt, 4);
  EXPECT_EQ(joined(*pieces), expected);
}

TEST(Pe, HashesSectionsInTheOrderOfTheFile) {
  PeShape shape;
  shape.sections = {{kHeaders + 8, 8}, {kHeaders, 8}};
  const Buffer swapped = pe_image(shape);
  const auto pieces = authenticode_pieces(swapped);
  ASSERT_TRUE(pieces) << to_string(pieces.error());
  EXPECT_TRUE(equal((*pieces)[3], Bytes(swapped).subspan(kHeaders, 8)));
  EXPECT_TRUE(equal((*pieces)[4], Bytes(swapped).subspan(kHeaders + 8, 8)));
}

TEST(Pe, TakesAnImageWithoutASignature) {
  PeShape shape;
  shape.certificate_table = shape.certificate_size = 0;
  const Buffer pe = pe_image(shape);
  const auto pieces = authenticode_pieces(pe);
  ASSERT_TRUE(pieces) << to_string(pieces.error());
  EXPECT_EQ(joined(*pieces).size(), pe.size() - 12);
}

TEST(Pe, NamesItsSections) {
  const Buffer pe = pe_image({{".cmdline", {'a', 'b'}}, {".linux", {'c'}}});
  const auto sections = pe_sections(pe);
  ASSERT_TRUE(sections) << to_string(sections.error());
  ASSERT_EQ(sections->size(), 2U);
  EXPECT_EQ((*sections)[0].name, ".cmdline");
  EXPECT_EQ(as_text((*sections)[0].data), "ab");
  EXPECT_EQ((*sections)[1].name, ".linux");
  EXPECT_EQ(as_text((*sections)[1].data), "c");
}

TEST(Pe, RefusesWhatWouldHideBytesFromTheDigest) {
  struct Row {
    const char* name;
    PeShape shape;
    const char* why;
  };
  const Row rows[] = {
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
  for (const Row& row : rows) {
    const Buffer pe = pe_image(row.shape);
    const auto pieces = authenticode_pieces(pe);
    ASSERT_FALSE(pieces) << row.name;
    EXPECT_EQ(to_string(pieces.error()), row.why) << row.name;
  }
}

TEST(Pe, EveryPrefixIsRefused) {
  const Buffer pe = pe_image(PeShape{});
  for (std::size_t size = 0; size < pe.size(); ++size) {
    const Buffer prefix(pe.begin(), pe.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(authenticode_pieces(prefix)) << size;
  }
}

}  // namespace
}  // namespace assay
