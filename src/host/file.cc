// SPDX-License-Identifier: Apache-2.0
#include "host/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>
#include <cerrno>
#include <cstring>

#include "host/regular_file.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ > STDERR_FILENO) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

tl::unexpected<Error> system_error(const fs::path& path, std::string_view what) {
  const int code = errno;
  std::string why = fmt::format("{}: {}", what, std::strerror(code));
  if (code == ENOSPC) why += " (free some space there, or name another directory)";
  if (code == EACCES || code == EPERM) why += " (run as the owner or root, or name another path)";
  return fail(Fault::unavailable, path.string(), std::move(why));
}

Status write_all(int fd, const fs::path& path, Bytes content) {
  while (!content.empty()) {
    const ssize_t n = ::write(fd, content.data(), content.size());
    if (n < 0) {
      if (errno == EINTR) continue;
      return system_error(path, "cannot write");
    }
    content = content.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

/// Who may write in a directory may put files of their own there: keys, policies, databases.
Status check_nobody_else_writes(const fs::path& directory) {
  struct stat found{};
  if (::stat(directory.c_str(), &found) != 0) return system_error(directory, "cannot look at it");
  if (!S_ISDIR(found.st_mode)) {
    return fail(Fault::unavailable, directory.string(), "is not a directory");
  }
  const bool ours = found.st_uid == ::geteuid() || found.st_uid == 0;
  if (!ours || (found.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return fail(Fault::unavailable, directory.string(),
                "others may write there (make it your own: chown, chmod go-w, or name another "
                "directory)");
  }
  return {};
}

Result<Buffer> read_all(int fd, const fs::path& path, std::size_t max) {
  Buffer out;
  for (;;) {
    const std::size_t have = out.size();
    out.resize(have + 64 * 1024);
    const ssize_t n = ::read(fd, out.data() + have, out.size() - have);
    if (n < 0 && errno == EINTR) {
      out.resize(have);
      continue;
    }
    if (n < 0) return system_error(path, "cannot read");
    out.resize(have + static_cast<std::size_t>(n));
    if (out.size() > max) {
      return fail(Fault::malformed, path.string(),
                  fmt::format("larger than the {} bytes allowed", max));
    }
    if (n == 0) return out;
  }
}

}  // namespace

Result<Buffer> read_file(const fs::path& path, std::size_t max) {
  const bool standard_input = path == "-";
  const Descriptor fd(standard_input ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return system_error(path, "cannot read");
  return read_all(fd.get(), path, max);
}

Result<Buffer> read_regular_file(const fs::path& path, std::size_t max) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (fd.get() < 0) return system_error(path, "cannot read");
  struct stat found{};
  if (::fstat(fd.get(), &found) != 0) return system_error(path, "cannot look at it");
  if (!S_ISREG(found.st_mode)) return fail(Fault::malformed, path.string(), "is no regular file");
  return read_all(fd.get(), path, max);
}

Status write_file(const fs::path& path, Bytes content, FileAccess access) {
  if (path == "-") return write_all(STDOUT_FILENO, path, content);
  const mode_t mode = access == FileAccess::owner_only ? 0600 : 0644;

  struct stat existing{};
  if (::stat(path.c_str(), &existing) == 0 && !S_ISREG(existing.st_mode)) {
    if (S_ISDIR(existing.st_mode)) return fail(Fault::unavailable, path.string(), "is a directory");
    const Descriptor fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (fd.get() < 0) return system_error(path, "cannot write");
    return write_all(fd.get(), path, content);
  }

  const fs::path parent = path.has_parent_path() ? path.parent_path() : fs::path(".");
  std::string temporary = (parent / fmt::format(".{}.XXXXXX", path.filename().string())).string();
  const Descriptor fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (fd.get() < 0) return system_error(path, "cannot create a file beside it");
  const auto give_up = [&](tl::unexpected<Error> error) {
    ::unlink(temporary.c_str());
    return error;
  };
  // mkostemp makes 0600; widening is the only change that can be wanted.
  if (mode != 0600) {
    const mode_t mask = ::umask(0);
    ::umask(mask);
    if (::fchmod(fd.get(), mode & ~mask) != 0)
      return give_up(system_error(path, "cannot set its mode"));
  }
  if (const Status written = write_all(fd.get(), path, content); !written)
    return give_up(pass_on(written));
  if (::fsync(fd.get()) != 0) return give_up(system_error(path, "cannot write"));
  if (::rename(temporary.c_str(), path.c_str()) != 0)
    return give_up(system_error(path, "cannot write"));
  const Descriptor directory(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() >= 0) ::fsync(directory.get());
  return {};
}

Status remove_once(const fs::path& path) {
  if (::unlink(path.c_str()) != 0) return system_error(path, "cannot remove");
  const fs::path parent = path.has_parent_path() ? path.parent_path() : fs::path(".");
  const Descriptor directory(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() >= 0) ::fsync(directory.get());
  return {};
}

Status make_private_directory(const fs::path& path) {
  const fs::path directory = path.has_filename() ? path : path.parent_path();  // "state/"
  if (std::error_code code; !fs::is_directory(directory, code)) {
    if (directory.has_parent_path()) {
      fs::create_directories(directory.parent_path(), code);
      if (code) return fail(Fault::unavailable, path.string(), "cannot create: " + code.message());
    }
    if (::mkdir(directory.c_str(), 0700) == 0) return {};
    if (errno != EEXIST) return system_error(path, "cannot create");
  }
  return check_nobody_else_writes(directory);
}

Result<TemporaryDirectory> TemporaryDirectory::make(const std::string& prefix) {
  std::error_code code;
  const fs::path base = fs::temp_directory_path(code);
  if (code) return fail(Fault::unavailable, "$TMPDIR", code.message());
  std::string path = (base / (prefix + "-XXXXXX")).string();
  if (::mkdtemp(path.data()) == nullptr)
    return system_error(path, "cannot create a temporary directory");
  return TemporaryDirectory(path);
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

}  // namespace assay
