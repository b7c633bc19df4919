// SPDX-License-Identifier: Apache-2.0
#include "host/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace assay {
namespace {

namespace fs = std::filesystem;

TEST(File, WritesWholeAndReadsBack) {
  const auto dir = *TemporaryDirectory::make("file-test");
  const fs::path path = dir.path() / "token";
  ASSERT_TRUE(write_file(path, as_bytes("first"), FileAccess::owner_only));
  ASSERT_TRUE(write_file(path, as_bytes("second"), FileAccess::owner_only));
  EXPECT_EQ(to_text(*read_file(path, 100)), "second");
  struct stat info{};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  EXPECT_EQ(std::distance(fs::directory_iterator(dir.path()), fs::directory_iterator()), 1);
}

TEST(File, SaysWhatIsWrong) {
  const auto dir = *TemporaryDirectory::make("file-test");
  const auto missing = read_file(dir.path() / "none", 10);
  EXPECT_EQ(missing.error().why, "cannot read: No such file or directory");
  ASSERT_TRUE(write_file(dir.path() / "big", Buffer(11), FileAccess::everybody));
  EXPECT_EQ(read_file(dir.path() / "big", 10).error().why, "larger than the 10 bytes allowed");
  EXPECT_EQ(write_file(dir.path(), as_bytes("x"), FileAccess::everybody).error().why,
            "is a directory");
  EXPECT_EQ(
      write_file(dir.path() / "no" / "file", as_bytes("x"), FileAccess::everybody).error().why,
      "cannot create a file beside it: No such file or directory");
}

TEST(File, AFullDiskLeavesNothingBehind) {
  const auto got = write_file("/dev/full", as_bytes("x"), FileAccess::everybody);
  ASSERT_FALSE(got);
  EXPECT_EQ(to_string(got.error()),
            "/dev/full: cannot write: No space left on device (free some space there, or name "
            "another directory)");
}

TEST(TemporaryDirectory, IsPrivateAndGoes) {
  fs::path path;
  {
    const auto dir = *TemporaryDirectory::make("file-test");
    path = dir.path();
    ASSERT_TRUE(write_file(path / "x", as_bytes("x"), FileAccess::everybody));
  }
  EXPECT_FALSE(fs::exists(path));
}

}  // namespace
}  // namespace assay
