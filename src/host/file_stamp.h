// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>

namespace assay {

/// What tells a file, or a directory's list of names, from what it was before.
struct FileStamp {
  bool there = false;
  ino_t inode = 0;
  off_t size = 0;
  std::int64_t changed_seconds = 0, changed_nanoseconds = 0;
  bool operator==(const FileStamp&) const = default;
};

/// As it is now.  To know later whether it is still what was read, look before reading.
FileStamp stamp_of(const std::filesystem::path& path);

}  // namespace assay
