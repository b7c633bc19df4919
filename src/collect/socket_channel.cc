// SPDX-License-Identifier: Apache-2.0
#include "collect/socket_channel.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace assay {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

tl::unexpected<Error> broken(const std::filesystem::path& path, std::string_view what) {
  const int code = errno;
  std::string why = fmt::format("{}: {}", what, std::strerror(code));
  if (code == ECONNREFUSED || code == ENOENT)
    why += " (nothing serves a TPM there; start it again)";
  if (code == EACCES) why += " (the socket belongs to another user)";
  return fail(Fault::unavailable, path.string(), std::move(why));
}

using Patience = std::chrono::milliseconds;
using SteadyTime = std::chrono::steady_clock::time_point;

tl::unexpected<Error> no_answer(const std::filesystem::path& path, Patience patience) {
  return fail(
      Fault::unavailable, path.string(),
      fmt::format("the TPM did not answer within {} seconds (is it stopped? start it again)",
                  static_cast<double>(patience.count()) / 1000));
}

/// The kernel's own limit, for connect and send: a socket whose server accepts nothing fills up.
void limit_sending(int fd, Patience patience) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(patience);
  const timeval limit{
      .tv_sec = static_cast<time_t>(seconds.count()),
      .tv_usec = static_cast<suseconds_t>(std::chrono::microseconds(patience - seconds).count())};
  static_cast<void>(::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit));
}

/// Waits for bytes, or for the other end to hang up; false when `deadline` came first.
bool readable(int fd, SteadyTime deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<Patience>(deadline - std::chrono::steady_clock::now());
    pollfd polled{fd, POLLIN, 0};
    const int n = ::poll(&polled, 1, static_cast<int>(std::max<Patience::rep>(left.count(), 0)));
    if (n > 0) return true;
    if (n == 0) return false;
    if (errno != EINTR) return true;  // recv says what is wrong
  }
}

Status send_all(int fd, const std::filesystem::path& path, Bytes bytes, Patience patience) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return no_answer(path, patience);
    if (n < 0) return broken(path, "cannot send a TPM command");
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

Result<Buffer> receive_message(int fd, const std::filesystem::path& path, Patience patience) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + patience;
  Buffer in(kMaxTpmMessage);
  std::size_t have = 0;
  std::size_t want = kTpmHeaderSize;
  while (have < want) {
    if (!readable(fd, deadline)) return no_answer(path, patience);
    const ssize_t n = ::recv(fd, in.data() + have, want - have, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return broken(path, "cannot read the TPM's answer");
    if (n == 0) {
      return fail(Fault::unavailable, path.string(),
                  fmt::format("the TPM closed the connection after {} of {} bytes", have, want));
    }
    have += static_cast<std::size_t>(n);
    if (have == kTpmHeaderSize) {
      const auto size = declared_size(Bytes(in).first(have));
      if (!size) return fail(Fault::unavailable, path.string(), "not a TPM: " + size.error().why);
      want = *size;
    }
  }
  in.resize(have);
  return in;
}

}  // namespace

Result<Buffer> SocketChannel::execute(Bytes command) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string& path = path_.native();
  if (path.size() > kMaxSocketPath) {
    return fail(Fault::unavailable, path,
                fmt::format("a Unix socket's path may have {} bytes, this one has {}; "
                            "use a shorter or a relative path",
                            kMaxSocketPath, path.size()));
  }
  path.copy(address.sun_path, path.size());
  const Descriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) return broken(path_, "cannot open a socket");
  const void* any = &address;
  limit_sending(fd.get(), patience_);
  if (::connect(fd.get(), static_cast<const sockaddr*>(any), sizeof address) != 0) {
    if (errno == EAGAIN) return no_answer(path_, patience_);
    return broken(path_, "cannot connect");
  }
  if (const Status sent = send_all(fd.get(), path_, command, patience_); !sent) {
    return pass_on(sent);
  }
  return receive_message(fd.get(), path_, patience_);
}

}  // namespace assay
