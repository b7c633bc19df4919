// SPDX-License-Identifier: Apache-2.0
// Requests through the HTTP server over kept-alive loopback connections, beside their floor: the
// same bytes exchanged by two threads over one socket pair.
#include <arpa/inet.h>
#include <benchmark/benchmark.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "http/server.h"

namespace assay {
namespace {

constexpr std::string_view kRequest =
    "GET /v1/projects/p/locations/l HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer x\r\n\r\n";

std::unique_ptr<HttpServer> server;

void start_server(const benchmark::State&) {
  HttpServerOptions options;
  options.threads = 1;
  server = std::move(
      *HttpServer::start(options, [](const HttpRequest&) { return text_response(200, "hello"); }));
}

void stop_server(const benchmark::State&) { server.reset(); }

/// Reads until `answers` have come.
bool hear(int fd, std::int64_t answers) {
  std::array<char, 65536> buffer{};
  std::string heard;
  while (answers > 0) {
    const ssize_t n = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (n <= 0) return false;
    heard.append(buffer.data(), static_cast<std::size_t>(n));
    for (std::size_t at = 0; (at = heard.find("hello")) != std::string::npos; --answers)
      heard.erase(0, at + 5);
  }
  return true;
}

/// Each thread is one client that waits for each answer; the argument is how many it asks at once.
void hello(benchmark::State& state) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(server->port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const void* const any = &address;
  const int yes = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (::connect(fd, static_cast<const sockaddr*>(any), sizeof address) != 0)
    state.SkipWithError("cannot connect");
  std::string requests;
  for (std::int64_t i = 0; i < state.range(0); ++i) requests += kRequest;
  for (auto _ : state) {
    const bool sent = ::send(fd, requests.data(), requests.size(), MSG_NOSIGNAL) > 0;
    if (!sent || !hear(fd, state.range(0))) state.SkipWithError("no answer");
  }
  ::close(fd);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(hello)
    ->Setup(start_server)
    ->Teardown(stop_server)
    ->Arg(1)
    ->Threads(1)
    ->Threads(32)
    ->UseRealTime();
BENCHMARK(hello)->Setup(start_server)->Teardown(stop_server)->Arg(16)->Threads(4)->UseRealTime();

void floor_socket_pair(benchmark::State& state) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    state.SkipWithError("no socket pair");
  std::thread echo([&] {
    std::array<char, 4096> buffer{};
    for (ssize_t n = 0; (n = ::recv(ends[1], buffer.data(), buffer.size(), 0)) > 0;) {
      if (::send(ends[1], "hello", 5, MSG_NOSIGNAL) != 5) return;
    }
  });
  for (auto _ : state) {
    if (::send(ends[0], kRequest.data(), kRequest.size(), MSG_NOSIGNAL) <= 0 || !hear(ends[0], 1)) {
      state.SkipWithError("no answer");
    }
  }
  ::shutdown(ends[0], SHUT_WR);
  echo.join();
  ::close(ends[0]);
  ::close(ends[1]);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(floor_socket_pair)->UseRealTime();

}  // namespace
}  // namespace assay

BENCHMARK_MAIN();
