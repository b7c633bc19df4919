// SPDX-License-Identifier: Apache-2.0
#include "emulator/tpm_socket.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/byte_writer.h"
#include "collect/socket_channel.h"

namespace assay {
namespace {

constexpr std::size_t kMaxConnections = 256;

/// A client, and what it has sent of its next command.
struct Connection {
  int fd;
  Buffer pending;
};

Buffer refusal(std::uint32_t code) {
  return ByteWriter().u16_be(0x8001).u32_be(kTpmHeaderSize).u32_be(code).take();
}

tl::unexpected<Error> socket_error(const std::filesystem::path& path, std::string_view what) {
  return fail(Fault::unavailable, path.string(), fmt::format("{}: {}", what, std::strerror(errno)));
}

enum class Next { keep, close };

/// Sends a whole response in one write, and does not wait: a response is smaller than any socket's
/// buffer, so a client without room for it has long not read what it asked for.
Next answer(int fd, const Buffer& response) {
  const ssize_t n = ::send(fd, response.data(), response.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return n == static_cast<ssize_t>(response.size()) ? Next::keep : Next::close;
}

/// Executes the commands that are complete.
Next execute_pending(Connection& connection, TpmChannel& tpm) {
  while (connection.pending.size() >= kTpmHeaderSize) {
    const auto size = declared_size(Bytes(connection.pending).first(kTpmHeaderSize));
    if (!size) {
      constexpr std::uint32_t kRcCommandSize = 0x142;
      static_cast<void>(answer(connection.fd, refusal(kRcCommandSize)));
      return Next::close;  // where the next command starts is anybody's guess
    }
    if (connection.pending.size() < *size) return Next::keep;
    const auto response = tpm.execute(Bytes(connection.pending).first(*size));
    constexpr std::uint32_t kRcFailure = 0x101;
    if (answer(connection.fd, response ? *response : refusal(kRcFailure)) == Next::close) {
      return Next::close;
    }
    connection.pending.erase(connection.pending.begin(),
                             connection.pending.begin() + static_cast<std::ptrdiff_t>(*size));
  }
  return Next::keep;
}

Next read_some(Connection& connection, TpmChannel& tpm) {
  std::array<std::uint8_t, kMaxTpmMessage> in{};
  const ssize_t n = ::recv(connection.fd, in.data(), in.size(), MSG_DONTWAIT);
  if (n < 0 && (errno == EINTR || errno == EAGAIN)) return Next::keep;
  if (n <= 0) return Next::close;
  connection.pending.insert(connection.pending.end(), in.begin(), in.begin() + n);
  return execute_pending(connection, tpm);
}

}  // namespace

Result<std::unique_ptr<TpmSocket>> TpmSocket::start(std::filesystem::path path,
                                                    std::shared_ptr<TpmChannel> tpm) {
  if (path.native().size() > kMaxSocketPath) {
    return fail(Fault::unavailable, path.string(),
                fmt::format("a Unix socket's path may have {} bytes, this one has {}",
                            kMaxSocketPath, path.native().size()));
  }
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.native().copy(address.sun_path, path.native().size());
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (listener < 0) return socket_error(path, "cannot open a socket");
  const int stop = ::eventfd(0, EFD_CLOEXEC);
  std::unique_ptr<TpmSocket> socket(new TpmSocket(std::move(path), std::move(tpm), listener, stop));
  std::error_code ignored;
  if (std::filesystem::is_socket(socket->path_, ignored))
    std::filesystem::remove(socket->path_, ignored);
  const void* any = &address;
  if (stop < 0 || ::bind(listener, static_cast<const sockaddr*>(any), sizeof address) != 0 ||
      ::chmod(socket->path_.c_str(), S_IRUSR | S_IWUSR) != 0 || ::listen(listener, 128) != 0) {
    return socket_error(socket->path_, "cannot listen");
  }
  socket->thread_ = std::thread([raw = socket.get()] { raw->serve(); });
  return socket;
}

TpmSocket::~TpmSocket() {
  if (thread_.joinable()) {
    const std::uint64_t one = 1;
    static_cast<void>(!::write(stop_, &one, sizeof one));
    thread_.join();
    ::unlink(path_.c_str());
  }
  ::close(listener_);
  if (stop_ >= 0) ::close(stop_);
}

void TpmSocket::serve() {
  std::vector<Connection> connections;
  for (;;) {
    std::vector<pollfd> polled;
    polled.push_back({stop_, POLLIN, 0});
    const bool room = connections.size() < kMaxConnections;
    polled.push_back({room ? listener_ : -1, POLLIN, 0});
    for (const Connection& connection : connections) polled.push_back({connection.fd, POLLIN, 0});
    if (::poll(polled.data(), polled.size(), -1) < 0 && errno != EINTR) break;
    if (polled[0].revents != 0) break;
    std::vector<Connection> kept;
    for (std::size_t i = 0; i < connections.size(); ++i) {
      Connection& connection = connections[i];
      if (polled[i + 2].revents != 0 && read_some(connection, *tpm_) == Next::close) {
        ::close(connection.fd);
      } else {
        kept.push_back(std::move(connection));
      }
    }
    connections = std::move(kept);
    if (polled[1].revents != 0) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd >= 0) connections.push_back({fd, {}});
    }
  }
  for (const Connection& connection : connections) ::close(connection.fd);
}

}  // namespace assay
