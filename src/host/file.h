// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace assay {

/// Who may read a file we write.
enum class FileAccess {
  owner_only,  ///< mode 0600: tokens, secrets, keys, state
  everybody,   ///< mode 0644 less the umask
};

/// The whole file; "-" is standard input.  Reads to the end (securityfs files have no size), at
/// most `max` bytes.  Fault::unavailable names the path and says what to do; Fault::malformed if
/// too big.
Result<Buffer> read_file(const std::filesystem::path& path, std::size_t max);

/// Writes the file whole or not at all: a new file beside it, fsync, rename, fsync of the
/// directory.
/// "-" is standard output.  A device, pipe or socket (`/dev/stdout`) is written to directly.
Status write_file(const std::filesystem::path& path, Bytes content, FileAccess access);

/// Removes a file for good: of several callers one succeeds, and what is gone does not come back
/// after a power failure.  Fault::unavailable for the others.
Status remove_once(const std::filesystem::path& path);

/// Makes `path` and its parents, the last with mode 0700.  An existing directory is kept as it is,
/// and must be ours or root's and not writable by others: Fault::unavailable says how to mend it.
Status make_private_directory(const std::filesystem::path& path);

/// A directory of mode 0700 below $TMPDIR, removed with all its content when the object goes.
class TemporaryDirectory {
 public:
  static Result<TemporaryDirectory> make(const std::string& prefix = "assay");
  TemporaryDirectory(TemporaryDirectory&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TemporaryDirectory& operator=(TemporaryDirectory&&) = delete;
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory();
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  explicit TemporaryDirectory(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace assay
