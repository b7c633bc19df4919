// SPDX-License-Identifier: Apache-2.0
#include "formats/image_load.h"

#include <gtest/gtest.h>

#include "formats/event_log.h"
#include "formats/recorded.h"

namespace assay {
namespace {

/// The file paths of the applications in a recorded boot's log.
std::vector<std::string> application_paths(const char* boot) {
  const auto bytes = boot_file(std::string(boot) + "/binary_bios_measurements");
  const auto log = parse_event_log(bytes);
  EXPECT_TRUE(log);
  std::vector<std::string> out;
  for (const Event& e : log->events) {
    if (e.type != EventType::efi_boot_services_application) continue;
    const auto load = parse_image_load(e.data);
    out.push_back(load ? load->file_path : to_string(load.error()));
  }
  return out;
}

TEST(ImageLoad, NamesTheFilesOfARecordedBoot) {
  EXPECT_EQ(
      application_paths("sb"),
      (std::vector<std::string>{"\\EFI\\BOOT\\BOOTX64.EFI", "\\EFI\\BOOT\\grubx64.efi", "", ""}));
}

TEST(ImageLoad, EveryPrefixIsRefusedOrHasNoPath) {
  const auto bytes = boot_file("sb/binary_bios_measurements");
  const auto log = parse_event_log(bytes);
  ASSERT_TRUE(log);
  for (const Event& e : log->events) {
    if (e.type != EventType::efi_boot_services_application) continue;
    const auto whole = parse_image_load(e.data);
    ASSERT_TRUE(whole);
    if (whole->file_path.empty()) continue;
    for (std::size_t size = 0; size < e.data.size(); ++size)
      EXPECT_FALSE(parse_image_load(e.data.first(size))) << size;
  }
}

}  // namespace
}  // namespace assay
