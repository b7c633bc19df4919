// SPDX-License-Identifier: Apache-2.0
#include "host/file_stamp.h"

#include <sys/stat.h>

namespace assay {

FileStamp stamp_of(const std::filesystem::path& path) {
  struct stat found = {};
  if (::stat(path.c_str(), &found) != 0) return {};
  return {true, found.st_ino, found.st_size, found.st_ctim.tv_sec, found.st_ctim.tv_nsec};
}

}  // namespace assay
