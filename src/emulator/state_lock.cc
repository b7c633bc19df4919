// SPDX-License-Identifier: Apache-2.0
#include "emulator/state_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace assay {

Result<StateLock> StateLock::take(const std::filesystem::path& directory) {
  const std::filesystem::path file = directory / "lock";
  StateLock lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (lock.fd_ < 0) {
    return fail(Fault::unavailable, file.string(),
                fmt::format("cannot open: {}", std::strerror(errno)));
  }
  if (::flock(lock.fd_, LOCK_EX | LOCK_NB) != 0) {
    return fail(Fault::unavailable, directory.string(),
                "another `assay emulate` runs this VM: stop it, or name another --state");
  }
  return lock;
}

StateLock::~StateLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace assay
