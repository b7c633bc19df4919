// SPDX-License-Identifier: Apache-2.0
#include "http/server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>
#include <unordered_set>

#include "http/ascii.h"
#include "http/problem.h"
#include "http/response_head.h"
#include "http/target.h"

namespace assay {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;
using tcp = net::ip::tcp;
using SteadyClock = std::chrono::steady_clock;
using Parser = beast::http::request_parser<beast::http::string_body>;

/// How long, and for how many bytes, a refused client may go on sending before we hang up.  A close
/// with unread bytes would reset the connection and could destroy the answer on its way.
constexpr std::chrono::seconds kLinger{2};
constexpr std::size_t kLingerBytes = 64 * 1024 * 1024;
/// Connections above max_connections that are told so; more wait in the kernel's queue.
constexpr std::size_t kSpareConnections = 64;
/// File descriptors for all that is not a connection: databases, logs, calls to others.
constexpr std::size_t kOtherDescriptors = 128;
/// Bodies up to this size do not count against body_memory.
constexpr std::size_t kSmallBody = 64 * 1024;

/// Makes an awaited operation report to `ec` instead of throwing.
auto into(error_code& ec) { return net::redirect_error(net::use_awaitable, ec); }

/// Why a request is not served.
struct Refusal {
  unsigned status;
  std::string message;
};

std::string endpoint_text(const tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  return fmt::format(fmt::runtime(endpoint.address().is_v6() ? "[{}]:{}" : "{}:{}"), address,
                     endpoint.port());
}

/// RFC 9112 section 3.2: "A server MUST respond with a 400 (Bad Request) status code to any
/// HTTP/1.1 request message that lacks a Host header field and to any request message that contains
/// more than one Host header field line."
std::optional<Refusal> check_host(const HttpHeaders& headers, unsigned version) {
  const std::size_t lines = headers.count("Host");
  if (lines > 1) return Refusal{400, "Host: sent more than once"};
  if (lines == 0 && version >= 11) return Refusal{400, "Host: missing"};
  return std::nullopt;
}

/// Only the framing every hop reads the same way: one Transfer-Encoding, and it is "chunked".
/// (RFC 9112 section 6.1 asks 501 for other codings; they are refused like any bad framing.)
std::optional<Refusal> check_framing(const HttpHeaders& headers, unsigned version) {
  const std::size_t lines = headers.count("Transfer-Encoding");
  if (lines == 0) return std::nullopt;
  const auto coding = headers.get("Transfer-Encoding");
  if (!coding || !same_ignoring_case(*coding, "chunked")) {
    return Refusal{400, "Transfer-Encoding: only 'chunked' is understood"};
  }
  if (version < 11) return Refusal{400, "Transfer-Encoding: not in HTTP/1.0"};
  return std::nullopt;
}

/// RFC 9110 section 10.1.1: "A server that receives an Expect field value containing a member other
/// than 100-continue MAY respond with a 417."
std::optional<Refusal> check_expect(const HttpHeaders& headers) {
  if (headers.count("Expect") == 0) return std::nullopt;
  const auto value = headers.get("Expect");
  if (value && same_ignoring_case(*value, "100-continue")) return std::nullopt;
  return Refusal{417, "Expect: only '100-continue' is understood"};
}

/// The bytes of large bodies that are held, in all connections.
class BodyMemory {
 public:
  /// A part of it, given back when the object goes.
  class Share {
   public:
    Share(BodyMemory& memory, std::size_t bytes) : memory_(memory), bytes_(bytes) {}
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;
    ~Share() { memory_.left_ += bytes_; }

   private:
    BodyMemory& memory_;
    std::size_t bytes_;
  };

  explicit BodyMemory(std::size_t bytes) : left_(bytes) {}
  /// Nothing when so much is not left.
  std::optional<Share> take(std::size_t bytes) {
    std::size_t left = left_;
    do {
      if (bytes > left) return std::nullopt;
    } while (!left_.compare_exchange_weak(left, left - bytes));
    return std::optional<Share>(std::in_place, *this, bytes);
  }

 private:
  std::atomic<std::size_t> left_;
};

class BeastServer;

/// One client: reads, asks the handler, writes, again and again.  All of it runs on one strand.
/// What a coroutine takes by reference is a named variable of its caller: g++ 12 destroys some
/// temporaries of a co_await expression twice.
class Peer : public std::enable_shared_from_this<Peer> {
 public:
  Peer(BeastServer& server, tcp::socket socket)
      : server_(server), socket_(std::move(socket)), timer_(socket_.get_executor()) {}

  /// Serves until the client or a stop ends it.
  net::awaitable<void> serve();
  /// Answers 503 to one connection too many.
  net::awaitable<void> turn_away();
  /// On the strand: ends a connection that has nothing in flight.
  void on_stop();
  /// On the strand, or when no thread runs any more.
  void close();
  [[nodiscard]] auto executor() { return socket_.get_executor(); }

 private:
  enum class State { between_requests, in_request, lingering };

  net::awaitable<bool> serve_one();
  net::awaitable<bool> send(const HttpResponse& response, AfterResponse after);
  net::awaitable<bool> refuse(const Refusal& refusal);
  net::awaitable<void> linger();
  std::optional<Refusal> read_header(const Parser& parser, HttpRequest& request);
  std::optional<Refusal> refusal_of(error_code ec, bool heard) const;
  HttpResponse answer(const HttpRequest& request);
  [[nodiscard]] bool has_begun();
  void expire_after(SteadyClock::duration d);
  void arm();

  BeastServer& server_;
  tcp::socket socket_;
  net::steady_timer timer_;
  beast::flat_buffer buffer_{0};
  SteadyClock::time_point deadline_{};
  bool armed_ = false;
  bool expired_ = false;
  bool head_only_ = false;  ///< the request was HEAD
  State state_ = State::between_requests;
  const Parser* reading_ = nullptr;
};

class BeastServer final : public HttpServer {
 public:
  BeastServer(HttpServerOptions given, HttpHandler answer)
      : options(std::move(given)),
        handler(std::move(answer)),
        body_memory(options.body_memory),
        io_(std::max(1, options.threads)),
        work_(net::make_work_guard(io_)),
        acceptor_(net::make_strand(io_)) {
    if (!options.refuse) {
      options.refuse = [](unsigned status, std::string_view message) {
        return problem(status, "http", reason_phrase(status), message);
      };
    }
  }
  // NOLINTNEXTLINE(bugprone-exception-escape): a lock that fails is our own fault, and ends us.
  ~BeastServer() override { stop(); }

  Status listen();
  void run();

  [[nodiscard]] std::string url() const override { return "http://" + endpoint_text(local_); }
  [[nodiscard]] std::uint16_t port() const override { return local_.port(); }
  void stop(std::chrono::seconds grace) override;
  void stop() { stop(std::chrono::seconds(10)); }

  void leave(const std::shared_ptr<Peer>& peer);
  [[nodiscard]] bool stopping() const { return stopping_.load(std::memory_order_relaxed); }

  HttpServerOptions options;
  HttpHandler handler;
  BodyMemory body_memory;

 private:
  void make_room_for_connections();
  void run_events();
  net::awaitable<void> accept_all();
  void admit(tcp::socket socket);
  std::size_t enter(const std::shared_ptr<Peer>& peer);
  std::size_t peers() const;

  net::io_context io_;
  net::executor_work_guard<net::io_context::executor_type> work_;
  tcp::acceptor acceptor_;
  tcp::endpoint local_;
  std::vector<std::thread> threads_;
  std::atomic<bool> stopping_ = false;
  std::mutex stop_mutex_;  ///< stop() is done once
  mutable std::mutex mutex_;
  std::condition_variable all_left_;
  std::unordered_set<std::shared_ptr<Peer>> peers_;
};

// ---- one connection

/// Gives the current operation until now + d; then it is cancelled.  Moving the deadline is a
/// store: the timer looks at it when it wakes.
void Peer::expire_after(SteadyClock::duration d) {
  expired_ = false;
  const auto deadline = SteadyClock::now() + d;
  const bool sooner = deadline < deadline_;
  deadline_ = deadline;
  if (!armed_ || sooner) arm();
}

void Peer::arm() {
  armed_ = true;
  timer_.expires_at(deadline_);
  timer_.async_wait([self = shared_from_this()](error_code ec) {
    if (ec || !self->socket_.is_open()) return;
    if (SteadyClock::now() < self->deadline_) return self->arm();
    self->expired_ = true;
    self->socket_.cancel(ec);
    // Once more soon: what completed just now was not there to be cancelled, and may have begun
    // anew.
    self->deadline_ = SteadyClock::now() + std::chrono::milliseconds(100);
    self->arm();
  });
}

void Peer::close() {
  error_code ignored;
  timer_.cancel();
  socket_.close(ignored);
}

void Peer::on_stop() {
  switch (state_) {
    case State::in_request:
      return;
    case State::lingering:
      return expire_after(std::chrono::milliseconds(200));
    case State::between_requests:
      break;
  }
  // Who has begun to send may finish, but not slowly.
  if (has_begun()) return expire_after(std::chrono::seconds(1));
  error_code ignored;
  socket_.cancel(ignored);
}

/// Whether something of the next request is here.
bool Peer::has_begun() {
  error_code ignored;
  return buffer_.size() != 0 || (reading_ != nullptr && reading_->got_some()) ||
         socket_.available(ignored) != 0;
}

/// What a failed read is answered with; nothing where nobody waits for an answer.
std::optional<Refusal> Peer::refusal_of(error_code ec, bool heard) const {
  namespace http = beast::http;
  if (!heard) return std::nullopt;
  if (ec == net::error::operation_aborted) {
    if (!expired_) return std::nullopt;
    return Refusal{408, "the request did not arrive in time"};
  }
  if (ec == http::error::header_limit || ec == http::error::buffer_overflow) {
    return Refusal{431, fmt::format("the header is larger than the {} bytes allowed",
                                    server_.options.header_limit)};
  }
  if (ec == http::error::body_limit) return Refusal{413, "the body is larger than allowed here"};
  if (ec == http::error::end_of_stream || ec == http::error::partial_message) {
    return Refusal{400, "the request ended before it was complete"};
  }
  if (ec.category() == http::make_error_code(http::error::bad_method).category()) {
    return Refusal{400, "malformed HTTP: " + ec.message()};
  }
  return std::nullopt;
}

/// All that is asked of a header before its body is read.
std::optional<Refusal> Peer::read_header(const Parser& parser, HttpRequest& request) {
  const auto& head = parser.get();
  request.method = head.method_string();
  head_only_ = request.method == "HEAD";
  if (head_only_) request.method = "GET";
  for (const auto& field : head) {
    request.headers.add(std::string(field.name_string()), std::string(field.value()));
  }
  const auto target = head.target();
  auto parsed = parse_target(std::string_view(target.data(), target.size()));
  if (!parsed) return Refusal{400, to_string(parsed.error())};
  request.path = std::move(parsed->path);
  request.query = std::move(parsed->query);
  if (auto bad = check_host(request.headers, head.version())) return bad;
  if (auto bad = check_framing(request.headers, head.version())) return bad;
  return check_expect(request.headers);
}

/// What the body to come needs of body_memory: its length, or as much as a chunked one may have.
std::size_t memory_for_body(const Parser& parser, std::uint64_t limit) {
  if (parser.is_done()) return 0;
  const auto length = parser.content_length();
  const std::uint64_t most = length ? *length : limit;
  return most > kSmallBody ? most : 0;
}

/// False once the connection is not to be used again.
net::awaitable<bool> Peer::serve_one() {
  namespace http = beast::http;
  const HttpServerOptions& options = server_.options;
  error_code ec;

  Parser parser;
  parser.header_limit(static_cast<std::uint32_t>(options.header_limit));
  parser.body_limit(boost::none);  // asked for below, when path and method are known
  state_ = State::between_requests;
  head_only_ = false;
  if (server_.stopping() && !has_begun()) co_return false;
  reading_ = &parser;
  expire_after(server_.stopping() ? std::chrono::seconds(1) : options.idle_timeout);
  co_await http::async_read_header(socket_, buffer_, parser, into(ec));
  reading_ = nullptr;
  state_ = State::in_request;
  if (ec) {
    const bool heard = parser.got_some() || buffer_.size() != 0;
    if (auto refusal = refusal_of(ec, heard)) co_return co_await refuse(*refusal);
    co_return false;
  }

  HttpRequest request;
  if (auto bad = read_header(parser, request)) co_return co_await refuse(*bad);
  const std::uint64_t limit = options.body_limit(request.method, request.path);
  const Refusal too_large{413,
                          fmt::format("the body is larger than the {} bytes allowed here", limit)};
  if (parser.content_length() && *parser.content_length() > limit)
    co_return co_await refuse(too_large);
  const auto memory = server_.body_memory.take(memory_for_body(parser, limit));
  if (!memory) {
    const Refusal busy{503, "too many large requests are being read; try again later"};
    co_return co_await refuse(busy);
  }
  if (!parser.is_done()) {
    expire_after(options.idle_timeout);
    if (request.headers.count("Expect") != 0 && parser.get().version() >= 11) {
      static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      co_await net::async_write(socket_, net::buffer(kContinue), into(ec));
      if (ec) co_return false;
    }
    parser.body_limit(limit);
    co_await http::async_read(socket_, buffer_, parser, into(ec));
    if (ec == http::error::body_limit) co_return co_await refuse(too_large);
    if (ec) {
      if (auto refusal = refusal_of(ec, true)) co_return co_await refuse(*refusal);
      co_return false;
    }
  }
  request.body = std::move(parser.get().body());
  const tcp::endpoint from = socket_.remote_endpoint(ec);
  if (ec) co_return false;
  request.peer = endpoint_text(from);

  const HttpResponse response = answer(request);
  const bool keep = parser.keep_alive() && !server_.stopping();
  const bool sent =
      co_await send(response, keep ? AfterResponse::keep_alive : AfterResponse::close);
  if (sent && !keep) co_await linger();
  co_return (sent && keep);
}

/// The handler's answer; a 500 for one that threw, or whose answer cannot be written as HTTP.
HttpResponse Peer::answer(const HttpRequest& request) {
  std::string what;
  try {
    HttpResponse response = server_.handler(request);
    if (is_sendable(response)) return response;
    what = "the answer has a malformed header field";
  } catch (const std::exception& e) {
    what = e.what();
  } catch (...) {
    what = "an exception of unknown type";
  }
  // The client learns nothing of our inside; whoever runs the service must.
  const std::string line = fmt::format("assay: {} {}: {}\n", request.method, request.path, what);
  (void)std::fputs(line.c_str(), stderr);
  return server_.options.refuse(
      500, "the service failed to answer; its operator finds the reason in its log");
}

net::awaitable<bool> Peer::send(const HttpResponse& response, AfterResponse after) {
  error_code ec;
  const std::string head = response_head(response, after);
  const bool bodyless = head_only_ || !may_have_body(response.status);
  const std::array<net::const_buffer, 2> parts{
      net::buffer(head), bodyless ? net::const_buffer() : net::buffer(response.body)};
  expire_after(server_.options.idle_timeout);
  co_await net::async_write(socket_, parts, into(ec));
  co_return !ec;
}

/// Answers, and ends the connection in a way that lets the client read the answer.
net::awaitable<bool> Peer::refuse(const Refusal& refusal) {
  const HttpResponse response = server_.options.refuse(refusal.status, refusal.message);
  if (co_await send(response, AfterResponse::close)) co_await linger();
  co_return false;
}

/// RFC 9112 section 9.6: close the write side, read until the client closes too.
net::awaitable<void> Peer::linger() {
  error_code ec;
  state_ = State::lingering;
  socket_.shutdown(tcp::socket::shutdown_send, ec);
  if (ec) co_return;
  if (server_.stopping()) {
    expire_after(std::chrono::milliseconds(200));
  } else {
    expire_after(kLinger);
  }
  std::vector<char> sink(64 * 1024);
  for (std::size_t seen = 0; seen < kLingerBytes && !expired_;) {
    seen += co_await socket_.async_read_some(net::buffer(sink), into(ec));
    if (ec) co_return;
  }
}

net::awaitable<void> Peer::serve() {
  buffer_ = beast::flat_buffer(server_.options.header_limit + 64 * 1024);
  error_code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
  while (co_await serve_one()) {
  }
}

net::awaitable<void> Peer::turn_away() {
  state_ = State::in_request;
  const Refusal full{503, "too many connections are open; try again later"};
  co_await refuse(full);
}

// ---- all of them

/// Asio opens its sockets so that the programs we start would have them too.
void close_on_exec(int fd) { ::fcntl(fd, F_SETFD, FD_CLOEXEC); }

struct ListenAddress {
  std::string host, port;
};

/// "127.0.0.1:8080" or "[::1]:8080".
Result<ListenAddress> parse_listen(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  ListenAddress out;
  if (colon != std::string::npos) {
    out.host = text.substr(0, colon);
    out.port = text.substr(colon + 1);
  }
  if (out.host.size() > 2 && out.host.front() == '[' && out.host.back() == ']') {
    out.host = out.host.substr(1, out.host.size() - 2);
  } else if (out.host.find_first_of(":[]") != std::string::npos) {
    out.host.clear();
  }
  const bool digits = !out.port.empty() && out.port.size() <= 5 &&
                      out.port.find_first_not_of("0123456789") == std::string::npos;
  if (out.host.empty() || !digits || std::stoul(out.port) > 65535) {
    return fail(Fault::malformed, "listen address",
                fmt::format("wanted HOST:PORT like 127.0.0.1:8080 or [::1]:8080, got '{}'", text));
  }
  return out;
}

Status BeastServer::listen() {
  const auto address = parse_listen(options.listen);
  if (!address) return pass_on(address);
  const auto unavailable = [&](std::string_view doing, error_code ec) {
    std::string why = fmt::format("{}: {}", doing, ec.message());
    if (ec == net::error::address_in_use) {
      why =
          "the port is in use (stop the program that has it, or choose another port; port 0 picks "
          "a free one)";
    } else if (ec == net::error::access_denied) {
      why += " (choose a port above 1023)";
    }
    return fail(Fault::unavailable, options.listen, std::move(why));
  };
  error_code ec;
  tcp::resolver resolver(io_);
  const auto found = resolver.resolve(address->host, address->port,
                                      tcp::resolver::passive | tcp::resolver::numeric_service, ec);
  if (ec) return unavailable("cannot find the host", ec);
  const tcp::endpoint endpoint = found.begin()->endpoint();
  acceptor_.open(endpoint.protocol(), ec);
  if (ec) return unavailable("cannot open a socket", ec);
  close_on_exec(acceptor_.native_handle());
  acceptor_.set_option(tcp::acceptor::reuse_address(true), ec);
  acceptor_.bind(endpoint, ec);
  if (ec) return unavailable("cannot bind", ec);
  acceptor_.listen(net::socket_base::max_listen_connections, ec);
  if (ec) return unavailable("cannot listen", ec);
  local_ = acceptor_.local_endpoint(ec);
  if (ec) return unavailable("cannot listen", ec);
  make_room_for_connections();
  return {};
}

/// More file descriptors where there are too few, or else fewer connections: who has none left can
/// open no database and no log either.
void BeastServer::make_room_for_connections() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  const rlim_t given = files.rlim_cur;
  const rlim_t wanted = options.max_connections + kOtherDescriptors;
  if (given < wanted) {
    files.rlim_cur = std::min(wanted, files.rlim_max);
    if (::setrlimit(RLIMIT_NOFILE, &files) != 0) files.rlim_cur = given;
  }
  const rlim_t left = files.rlim_cur > kOtherDescriptors ? files.rlim_cur - kOtherDescriptors : 1;
  options.max_connections = std::min<rlim_t>(options.max_connections, left);
}

void BeastServer::run() {
  net::co_spawn(acceptor_.get_executor(), accept_all(), net::detached);
  for (int i = 0; i < std::max(1, options.threads); ++i) {
    threads_.emplace_back([this] { run_events(); });
  }
}

/// Until stop().  Asio throws from here what it could not give to a coroutine (std::bad_alloc),
/// and can be run again.
void BeastServer::run_events() {
  for (;;) {
    try {
      io_.run();
      return;
    } catch (const std::exception& e) {
      (void)std::fprintf(stderr, "assay: a connection was lost: %s\n", e.what());
    }
  }
}

net::awaitable<void> BeastServer::accept_all() {
  net::steady_timer pause(acceptor_.get_executor());
  while (!stopping()) {
    error_code ec;
    try {
      if (peers() < options.max_connections + kSpareConnections) {
        tcp::socket socket(net::make_strand(io_));
        co_await acceptor_.async_accept(socket, into(ec));
        if (!ec) {
          admit(std::move(socket));
          continue;
        }
        if (ec == net::error::operation_aborted) co_return;
      }
    } catch (const std::exception& e) {
      // Out of memory: one caller is lost, but not those who come after.
      (void)std::fprintf(stderr, "assay: a connection was not served: %s\n", e.what());
    }
    // No room, no file descriptor or no memory left: the kernel's queue holds the callers for a
    // moment.
    pause.expires_after(std::chrono::milliseconds(50));
    co_await pause.async_wait(into(ec));
  }
}

void BeastServer::admit(tcp::socket socket) {
  close_on_exec(socket.native_handle());
  const auto peer = std::make_shared<Peer>(*this, std::move(socket));
  const bool room = enter(peer) <= options.max_connections;
  try {
    net::co_spawn(peer->executor(), room ? peer->serve() : peer->turn_away(),
                  [this, peer](const std::exception_ptr&) {
                    peer->close();
                    leave(peer);
                  });
  } catch (...) {
    leave(peer);
    throw;
  }
}

std::size_t BeastServer::enter(const std::shared_ptr<Peer>& peer) {
  const std::lock_guard lock(mutex_);
  peers_.insert(peer);
  return peers_.size();
}

std::size_t BeastServer::peers() const {
  const std::lock_guard lock(mutex_);
  return peers_.size();
}

void BeastServer::leave(const std::shared_ptr<Peer>& peer) {
  const std::lock_guard lock(mutex_);
  peers_.erase(peer);
  if (peers_.empty()) all_left_.notify_all();
}

void BeastServer::stop(std::chrono::seconds grace) {
  const std::lock_guard once(stop_mutex_);
  if (stopping_.exchange(true)) return;
  net::post(acceptor_.get_executor(), [this] {
    error_code ignored;
    acceptor_.close(ignored);
  });
  std::unique_lock lock(mutex_);
  for (const auto& peer : peers_) net::post(peer->executor(), [peer] { peer->on_stop(); });
  all_left_.wait_for(lock, grace, [this] { return peers_.empty(); });
  lock.unlock();
  work_.reset();
  io_.stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  for (const auto& peer : peers_) peer->close();
  peers_.clear();
  error_code ignored;
  acceptor_.close(ignored);  // if the post above no longer got its turn
}

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::start(HttpServerOptions options,
                                                      HttpHandler handler) {
  auto server = std::make_unique<BeastServer>(std::move(options), std::move(handler));
  if (const Status listening = server->listen(); !listening) return pass_on(listening);
  server->run();
  return server;
}

}  // namespace assay
