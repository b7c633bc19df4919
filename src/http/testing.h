// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <string_view>

namespace assay {

/// A TCP client for tests that says exactly what it is told and hears exactly what comes.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const void* const any = &address;
    connected_ = ::connect(fd_, static_cast<const sockaddr*>(any), sizeof address) == 0;
    const timeval patience{20, 0};  // a hang is a failure, not a stuck test run
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient() { ::close(fd_); }

  [[nodiscard]] bool connected() const { return connected_; }

  /// False once the server no longer takes bytes.
  bool say(std::string_view text) {
    while (!text.empty()) {
      const ssize_t n = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }

  /// No more to say; still listening.
  void finish() { ::shutdown(fd_, SHUT_WR); }

  /// All that comes until the server closes; "(reset)" at the end if it hung up on us.
  std::string hear_all() {
    while (hear_some()) {
    }
    return std::exchange(heard_, {}) + (reset_ ? "(reset)" : "");
  }

  /// One response with Content-Length: head and body.
  std::string hear_one() {
    for (;;) {
      const std::size_t head = heard_.find("\r\n\r\n");
      if (head != std::string::npos) {
        const std::size_t field = heard_.find("Content-Length: ");
        const std::size_t body = field < head ? std::stoul(heard_.substr(field + 16)) : 0;
        if (heard_.size() >= head + 4 + body) {
          std::string one = heard_.substr(0, head + 4 + body);
          heard_.erase(0, one.size());
          return one;
        }
      }
      if (!hear_some()) return std::exchange(heard_, {}) + "(closed)";
    }
  }

 private:
  bool hear_some() {
    char buffer[4096];
    const ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
    reset_ = n < 0;
    if (n <= 0) return false;
    heard_.append(buffer, static_cast<std::size_t>(n));
    return true;
  }

  int fd_;
  bool connected_ = false;
  bool reset_ = false;
  std::string heard_;
};

}  // namespace assay
