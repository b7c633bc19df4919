// SPDX-License-Identifier: Apache-2.0
#include "formats/pcr_text.h"

#include <gtest/gtest.h>

#include "base/hex.h"
#include "formats/recorded.h"

namespace assay {
namespace {

TEST(PcrText, ReadsWhatTpm2PcrreadPrinted) {
  const Buffer file = boot_file("sb/pcrs.yaml");
  const auto banks = parse_pcr_text("pcrs", as_text(file));
  ASSERT_TRUE(banks) << to_string(banks.error());
  ASSERT_EQ(banks->size(), 4U);
  EXPECT_EQ((*banks)[0].bank, HashAlgorithm::sha1);
  EXPECT_EQ(hex((*banks)[0].values[4]->bytes()), "631d7abbcf4bc236021191539b5a8a3d45b2237b");
  EXPECT_EQ((*banks)[2].bank, HashAlgorithm::sha384);
  EXPECT_EQ((*banks)[3].bank, HashAlgorithm::sha512);
  EXPECT_EQ((*banks)[2].mask(), 0xFFFFFFU);
}

TEST(PcrText, ReadsTheJsonOfReplay) {
  const auto banks = parse_pcr_text(
      "pcrs",
      R"({"format":"x","events":1,"banks":{"sha1":{"7":"00112233445566778899aabbccddeeff00112233"}}})");
  ASSERT_TRUE(banks) << to_string(banks.error());
  ASSERT_EQ(banks->size(), 1U);
  EXPECT_EQ((*banks)[0].mask(), PcrMask{1} << 7);
}

TEST(PcrText, SaysWhereItIsWrong) {
  struct Row {
    const char* text;
    const char* error;
  };
  const Row rows[] = {
      {"", "pcrs: holds no PCR value; want what tpm2_pcrread prints, or JSON with \"banks\""},
      {"sha256:\n",
       "pcrs: holds no PCR value; want what tpm2_pcrread prints, or JSON with \"banks\""},
      {"hello", "pcrs:1: want \"BANK:\" or \"INDEX : 0xVALUE\""},
      {"md5:\n", "pcrs:1: not the name of a hash algorithm"},
      {"0 : 0x00", "pcrs:1: a value before the name of its bank"},
      {"sha1:\n 24 : 0x00", "pcrs:2: want the index of a PCR, 0 to 23"},
      {"sha1:\n 0 : 0x00", "pcrs:2: want 40 hexadecimal digits"},
      {"sha1:\nsha1:\n", "pcrs:2: the bank is there twice"},
      {"sha1:\n 0 : 0x00112233445566778899aabbccddeeff00112233\n"
       " 0 : 0x00112233445566778899aabbccddeeff00112233\n",
       "pcrs:3: the PCR is there twice"},
      {R"({"banks":{"sha1":[]}})", "pcrs.banks.sha1: want an object"},
      {R"({"banks":{"sha1":{"0":1}}})", "pcrs.banks.sha1.0: want a string"},
      {R"({"banks":{"sha1":{"x":"00"}}})", "pcrs.banks.sha1.x: want the index of a PCR, 0 to 23"},
  };
  for (const Row& row : rows) {
    const auto banks = parse_pcr_text("pcrs", row.text);
    ASSERT_FALSE(banks) << row.text;
    EXPECT_EQ(to_string(banks.error()), row.error);
  }
}

}  // namespace
}  // namespace assay
