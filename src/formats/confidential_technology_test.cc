// SPDX-License-Identifier: Apache-2.0
#include "formats/confidential_technology.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(ConfidentialTechnology, HasThreeNamesAndComesBackFromItsShortOne) {
  for (const ConfidentialTechnology technology : kConfidentialTechnologies)
    EXPECT_EQ(technology_named(short_name(technology)), technology);
  EXPECT_EQ(name_of(ConfidentialTechnology::amd_sev_snp), "AMD_SEV_SNP");
  EXPECT_EQ(words_for(ConfidentialTechnology::intel_tdx), "Intel TDX");
  EXPECT_EQ(technology_named("sev-es"), ConfidentialTechnology::amd_sev_es);
  EXPECT_EQ(technology_named("SEV"), std::nullopt);
  EXPECT_EQ(technology_named(""), std::nullopt);
}

TEST(ConfidentialTechnology, IsSaidByThirtyTwoBytesWithoutAnythingElse) {
  for (const ConfidentialTechnology technology : kConfidentialTechnologies) {
    const auto info = gce_non_host_info(technology);
    EXPECT_EQ(info[16], static_cast<std::uint8_t>(technology));
    EXPECT_TRUE(is_gce_non_host_info(info));
    EXPECT_EQ(gce_technology(info), technology);
    EXPECT_EQ(gce_technology(Bytes(info).first(31)), std::nullopt);
    for (std::size_t i = 0; i < info.size(); ++i) {
      if (i == 16) continue;
      auto other = info;
      other[i] ^= 0x80;
      EXPECT_EQ(gce_technology(other), std::nullopt) << i;
    }
  }
  auto newer = gce_non_host_info(ConfidentialTechnology::none);
  newer[16] = 5;
  EXPECT_TRUE(is_gce_non_host_info(newer));
  EXPECT_EQ(gce_technology(newer), std::nullopt);
}

}  // namespace
}  // namespace assay
