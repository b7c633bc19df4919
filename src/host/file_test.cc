// SPDX-License-Identifier: Apache-2.0
#include "host/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

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

mode_t mode_of(const fs::path& path) {
  struct stat info{};
  EXPECT_EQ(::stat(path.c_str(), &info), 0);
  return info.st_mode & 07777;
}

TEST(PrivateDirectory, IsMadeForTheOwnerWithItsParents) {
  const auto dir = *TemporaryDirectory::make("file-test");
  ASSERT_TRUE(make_private_directory(dir.path() / "a" / "b"));
  EXPECT_EQ(mode_of(dir.path() / "a" / "b"), 0700U);
  ASSERT_TRUE(make_private_directory((dir.path() / "c").string() + "/"));
  EXPECT_EQ(mode_of(dir.path() / "c"), 0700U);
  ASSERT_TRUE(make_private_directory(dir.path() / "c"));
}

TEST(PrivateDirectory, AnExistingOneMustNotBeWritableByOthers) {
  struct Case {
    mode_t mode;
    bool fine;
  };
  const Case cases[] = {{0700, true},  {0755, true},  {0750, true},  {0770, false},
                        {0775, false}, {0702, false}, {01777, false}};
  const auto dir = *TemporaryDirectory::make("file-test");
  for (const Case& c : cases) {
    SCOPED_TRACE(c.mode);
    const fs::path path = dir.path() / "state";
    fs::create_directory(path);
    ASSERT_EQ(::chmod(path.c_str(), c.mode), 0);
    const Status made = make_private_directory(path);
    EXPECT_EQ(made.has_value(), c.fine);
    EXPECT_EQ(mode_of(path), c.mode);
    if (c.fine) continue;
    EXPECT_EQ(to_string(made.error()),
              path.string() +
                  ": others may write there (make it your own: chown, chmod go-w, or name another "
                  "directory)");
  }
}

TEST(PrivateDirectory, AnExistingOneMustBeOurs) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root gives directories away";
  const auto dir = *TemporaryDirectory::make("file-test");
  const fs::path path = dir.path() / "state";
  ASSERT_TRUE(make_private_directory(path));
  ASSERT_EQ(::chown(path.c_str(), 1234, 1234), 0);
  EXPECT_FALSE(make_private_directory(path));
}

TEST(PrivateDirectory, IsNotAFile) {
  const auto dir = *TemporaryDirectory::make("file-test");
  const fs::path path = dir.path() / "state";
  ASSERT_TRUE(write_file(path, as_bytes("x"), FileAccess::owner_only));
  EXPECT_EQ(make_private_directory(path).error().why, "is not a directory");
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
