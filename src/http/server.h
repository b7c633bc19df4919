// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "http/message.h"

namespace assay {

struct HttpServerOptions {
  std::string listen =
      "127.0.0.1:0";  ///< host:port; port 0 picks a free one; "[::1]:8080" for IPv6
  int threads = 2;
  /// Largest body for a request line, asked before the body is read: bigger answers 413.
  std::function<std::size_t(std::string_view method, std::string_view path)> body_limit =
      [](auto, auto) { return std::size_t{64} * 1024; };
  std::size_t header_limit = 32 * 1024;  ///< bigger answers 431
  /// For the header, for the body and for the answer, each; a request cut short answers 408.
  std::chrono::seconds idle_timeout{60};
  /// One more is answered 503.  Start raises the soft limit of file descriptors where the hard one
  /// lets it, and holds this number below what there are.
  std::size_t max_connections = 4096;
  /// Bytes of request bodies held at once, in all connections; a request beyond them is answered
  /// 503.  Bodies of up to 64 KiB do not count, so that large ones cannot keep small ones out:
  /// max_connections bounds those.
  std::size_t body_memory = std::size_t{256} * 1024 * 1024;
  /// Renders the server's own refusals (400, 408, 413, 417, 431, 500, 503) in the service's error
  /// format; without it they are problem+json.
  std::function<HttpResponse(unsigned status, std::string_view message)> refuse;
};

/// An HTTP/1.1 server with keep-alive.  Handlers run on its threads, one at a time for each
/// connection.  Every request gets an answer with Content-Length and Content-Type.
class HttpServer {
 public:
  /// Listens; Fault::unavailable names the address and says what to do if the port is in use.
  static Result<std::unique_ptr<HttpServer>> start(HttpServerOptions options, HttpHandler handler);
  /// stop()s.
  virtual ~HttpServer() = default;
  /// "http://127.0.0.1:41234", with the port in use.
  [[nodiscard]] virtual std::string url() const = 0;
  [[nodiscard]] virtual std::uint16_t port() const = 0;
  /// Accepts no more, finishes what is in flight (up to `grace`), then returns.  A handler that
  /// still runs after `grace` is waited for: it cannot be interrupted.  Not to be called from a
  /// handler.
  virtual void stop(std::chrono::seconds grace = std::chrono::seconds(10)) = 0;
};

}  // namespace assay
