// SPDX-License-Identifier: Apache-2.0
#include "collect/socket_channel.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

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

Status send_all(int fd, const std::filesystem::path& path, Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return broken(path, "cannot send a TPM command");
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

Result<Buffer> receive_message(int fd, const std::filesystem::path& path) {
  Buffer in(kMaxTpmMessage);
  std::size_t have = 0;
  std::size_t want = kTpmHeaderSize;
  while (have < want) {
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
  if (::connect(fd.get(), static_cast<const sockaddr*>(any), sizeof address) != 0) {
    return broken(path_, "cannot connect");
  }
  if (const Status sent = send_all(fd.get(), path_, command); !sent) return pass_on(sent);
  return receive_message(fd.get(), path_);
}

}  // namespace assay
