// SPDX-License-Identifier: Apache-2.0
#include "collect/kernel_log.h"

#include <gtest/gtest.h>

#include "host/file.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

const fs::path kBoots = ASSAY_SOURCE_DIR "/tests/boots";

struct KernelLog : testing::Test {
  void SetUp() override {
    auto made = TemporaryDirectory::make();
    ASSERT_TRUE(made);
    directory.emplace(std::move(*made));
  }
  /// As a kernel with a TPM exports `boot`'s log under tpm`number`.
  void export_log(const char* boot, const char* tpm) const {
    fs::create_directories(directory->path() / tpm);
    fs::copy_file(kBoots / boot / "binary_bios_measurements",
                  directory->path() / tpm / "binary_bios_measurements");
  }
  [[nodiscard]] std::string why() const {
    const auto log = read_kernel_log(directory->path());
    EXPECT_FALSE(log);
    EXPECT_EQ(log.error().fault, Fault::unavailable);
    return log.error().why;
  }
  std::optional<TemporaryDirectory> directory;
};

TEST_F(KernelLog, IsReadWhole) {
  export_log("sb", "tpm0");
  const auto log = read_kernel_log(directory->path());
  ASSERT_TRUE(log) << to_string(log.error());
  EXPECT_EQ(log->size(), 18338U);
}

TEST_F(KernelLog, IsFoundUnderAnotherTpmThanTheFirst) {
  export_log("nosb", "tpm1");
  const auto log = read_kernel_log(directory->path());
  ASSERT_TRUE(log) << to_string(log.error());
  EXPECT_EQ(log->size(), 7603U);
}

TEST_F(KernelLog, ThatIsEmptyTellsOfTheEfiStub) {
  export_log("nosblegacy", "tpm0");
  EXPECT_NE(why().find("EFI stub"), std::string::npos);
  EXPECT_NE(why().find("--event-log"), std::string::npos);
}

TEST_F(KernelLog, ThatIsNotExportedTellsOfDriverAndStub) {
  fs::create_directories(directory->path() / "lockdown");
  EXPECT_NE(why().find("EFI stub"), std::string::npos);
}

TEST_F(KernelLog, WithoutSecurityfsTellsHowToMountIt) {
  EXPECT_NE(why().find("mount -t securityfs"), std::string::npos);
}

}  // namespace
}  // namespace assay
