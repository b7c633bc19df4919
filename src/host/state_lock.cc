// SPDX-License-Identifier: Apache-2.0
#include "host/state_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace assay {
namespace {

constexpr const char* kFile = "lock";

}  // namespace

Result<StateLock> StateLock::open(const std::filesystem::path& directory) {
  const std::filesystem::path file = directory / kFile;
  StateLock lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (lock.fd_ < 0) {
    return fail(Fault::unavailable, file.string(),
                fmt::format("cannot open: {}", std::strerror(errno)));
  }
  return lock;
}

Result<StateLock> StateLock::take(const std::filesystem::path& directory, std::string_view held) {
  auto lock = open(directory);
  if (lock && ::flock(lock->fd_, LOCK_EX | LOCK_NB) != 0) {
    return fail(Fault::unavailable, directory.string(), std::string(held));
  }
  return lock;
}

Result<StateLock> StateLock::wait(const std::filesystem::path& directory) {
  auto lock = open(directory);
  if (!lock) return lock;
  while (::flock(lock->fd_, LOCK_EX) != 0) {
    if (errno != EINTR) {
      return fail(Fault::unavailable, (directory / kFile).string(),
                  fmt::format("cannot lock: {}", std::strerror(errno)));
    }
  }
  return lock;
}

StateLock::~StateLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace assay
