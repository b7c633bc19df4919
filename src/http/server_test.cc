// SPDX-License-Identifier: Apache-2.0
#include "http/server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/resource.h>

#include <filesystem>
#include <future>
#include <stdexcept>
#include <thread>

#include "http/testing.h"

namespace assay {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// Says back what it heard; some paths do as they are called.
HttpResponse echo(const HttpRequest& r) {
  if (r.path == "/throw") throw std::runtime_error("the reason");
  if (r.path == "/throw-int") throw 1;
  if (r.path == "/empty") return {204, {}, {}};
  if (r.path == "/bad-header") {
    HttpResponse response = text_response(200, "x");
    response.headers.set("X", "a\r\nSet-Cookie: b");
    return response;
  }
  if (r.path == "/big") return text_response(200, std::string(4 * 1024 * 1024, 'b'));
  std::string out = fmt::format("{} {}", r.method, r.path);
  for (const auto& [name, value] : r.query) out += fmt::format(" {}={}", name, value);
  return text_response(200,
                       out + " " + (r.body.size() > 100 ? std::to_string(r.body.size()) : r.body));
}

HttpServerOptions small() {
  HttpServerOptions options;
  options.header_limit = 1024;
  options.body_limit = [](std::string_view, std::string_view path) {
    return path == "/upload" ? 2'000'000U : 1000U;
  };
  options.refuse = [](unsigned status, std::string_view message) {
    return text_response(status, fmt::format("refused: {}", message));
  };
  return options;
}

std::unique_ptr<HttpServer> serve(HttpServerOptions options = small(), HttpHandler handler = echo) {
  auto server = HttpServer::start(std::move(options), std::move(handler));
  if (!server) {
    ADD_FAILURE() << to_string(server.error());
    return nullptr;
  }
  return std::move(*server);
}

std::string body_of(const std::string& response) {
  return response.substr(response.find("\r\n\r\n") + 4);
}
std::string line_of(const std::string& response) {
  return response.substr(0, response.find("\r\n"));
}

/// One request on a connection of its own; the whole answer.
std::string ask(const HttpServer& server, std::string_view request) {
  RawClient client(server.port());
  client.say(request);
  client.finish();
  return client.hear_all();
}

struct Exchange {
  std::string_view name, request, line, body;
};

const Exchange kExchanges[] = {
    {"a plain request", "GET /a/b HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 200 OK", "GET /a/b "},
    {"HTTP/1.0 needs no Host", "GET /a HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK", "GET /a "},
    {"escapes are decoded", "GET /a%20b%3Ac?%24alt=json%3Bx&q=a+b HTTP/1.1\r\nHost: h\r\n\r\n",
     "HTTP/1.1 200 OK", "GET /a b:c $alt=json;x q=a b "},
    {"double slashes collapse", "GET //v1///x// HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 200 OK",
     "GET /v1/x/ "},
    {"absolute form", "GET http://h:1/x?y=1 HTTP/1.1\r\nHost: h:1\r\n\r\n", "HTTP/1.1 200 OK",
     "GET /x y=1 "},
    {"a body", "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi", "HTTP/1.1 200 OK",
     "POST /x hi"},
    {"a chunked body",
     "POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
     "chunked\r\n\r\n2\r\nhi\r\n1\r\n!\r\n0\r\n\r\n",
     "HTTP/1.1 200 OK", "POST /x hi!"},
    {"no content", "GET /empty HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 204 No Content", ""},

    {"no HTTP at all", "hello\r\n\r\n", "HTTP/1.1 400 Bad Request",
     "refused: malformed HTTP: bad method"},
    {"TLS spoken to a plain port", "\x16\x03\x01\x02\x01\x01\x01\xfc\x03\x03\r\n\r\n",
     "HTTP/1.1 400 Bad Request", "refused: malformed HTTP: bad method"},
    {"bad escape", "GET /a%2 HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 400 Bad Request",
     "refused: path: '%' is not followed by two hexadecimal digits"},
    {"bad escape in the query", "GET /a?b=%zz HTTP/1.1\r\nHost: h\r\n\r\n",
     "HTTP/1.1 400 Bad Request", "refused: query: '%' is not followed by two hexadecimal digits"},
    {"encoded NUL", "GET /a%00b HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 400 Bad Request",
     "refused: path: contains a NUL byte"},
    {"dot segments", "GET /a/%2e%2e/b HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 400 Bad Request",
     "refused: path: contains the segment '..'"},
    {"no Host", "GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 Bad Request", "refused: Host: missing"},
    {"two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "HTTP/1.1 400 Bad Request",
     "refused: Host: sent more than once"},
    {"two lengths",
     "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
     "HTTP/1.1 400 Bad Request", "refused: malformed HTTP: multiple Content-Length"},
    {"length and chunks",
     "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: "
     "chunked\r\n\r\n0\r\n\r\n",
     "HTTP/1.1 400 Bad Request", "refused: malformed HTTP: bad Transfer-Encoding"},
    {"another coding",
     "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
     "HTTP/1.1 400 Bad Request", "refused: Transfer-Encoding: only 'chunked' is understood"},
    {"another expectation",
     "POST / HTTP/1.1\r\nHost: h\r\nExpect: tea\r\nContent-Length: 1\r\n\r\n",
     "HTTP/1.1 417 Expectation Failed", "refused: Expect: only '100-continue' is understood"},
    {"half a header", "GET / HTTP/1.1\r\nHos", "HTTP/1.1 400 Bad Request",
     "refused: the request ended before it was complete"},
    {"half a body", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab",
     "HTTP/1.1 400 Bad Request", "refused: the request ended before it was complete"},
    {"an exception", "GET /throw HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 500 Internal Server Error",
     "refused: the service failed to answer; its operator finds the reason in its log"},
    {"an exception that is none", "GET /throw-int HTTP/1.1\r\nHost: h\r\n\r\n",
     "HTTP/1.1 500 Internal Server Error",
     "refused: the service failed to answer; its operator finds the reason in its log"},
    {"a handler's split header", "GET /bad-header HTTP/1.1\r\nHost: h\r\n\r\n",
     "HTTP/1.1 500 Internal Server Error",
     "refused: the service failed to answer; its operator finds the reason in its log"},
};

TEST(HttpServer, AnswersEveryRequest) {
  const auto server = serve();
  for (const Exchange& e : kExchanges) {
    SCOPED_TRACE(e.name);
    const std::string answer = ask(*server, e.request);
    EXPECT_EQ(line_of(answer), e.line);
    EXPECT_EQ(body_of(answer), e.body);
    if (e.line != "HTTP/1.1 204 No Content") {
      EXPECT_THAT(answer, HasSubstr(fmt::format("Content-Length: {}\r\n", e.body.size())));
      EXPECT_THAT(answer, HasSubstr("Content-Type: text/plain; charset=utf-8\r\n"));
    }
  }
}

TEST(HttpServer, HeadIsAGetWithoutItsBody) {
  const auto server = serve();
  RawClient client(server->port());
  client.say("HEAD /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  const std::string answer = client.hear_all();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Length: 7\r\n"));  // "GET /x "
  EXPECT_EQ(body_of(answer), "");
  EXPECT_EQ(body_of(ask(*server, "HEAD /%zz HTTP/1.1\r\nHost: h\r\n\r\n")), "");
}

TEST(HttpServer, KeepsTheConnectionAndAnswersPipelinedRequestsInOrder) {
  const auto server = serve();
  RawClient client(server->port());
  for (int i = 0; i < 3; ++i) {
    client.say(fmt::format("GET /{} HTTP/1.1\r\nHost: h\r\n\r\n", i));
    EXPECT_EQ(body_of(client.hear_one()), fmt::format("GET /{} ", i));
  }
  client.say(
      "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nAGET /b HTTP/1.1\r\nHost: h\r\n\r\n"
      "GET /c HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(body_of(client.hear_one()), "POST /a A");
  EXPECT_EQ(body_of(client.hear_one()), "GET /b ");
  const std::string last = client.hear_one();
  EXPECT_EQ(body_of(last), "GET /c ");
  EXPECT_THAT(last, HasSubstr("Connection: close\r\n"));
  EXPECT_EQ(client.hear_all(), "");
}

TEST(HttpServer, ReadsARequestThatComesByteByByte) {
  const auto server = serve();
  RawClient client(server->port());
  for (const char c :
       std::string_view("POST /slow HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc")) {
    ASSERT_TRUE(client.say(std::string_view(&c, 1)));
  }
  EXPECT_EQ(body_of(client.hear_one()), "POST /slow abc");
}

TEST(HttpServer, TheHeaderIsLimited) {
  const auto server = serve();
  const std::string fits = "GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(900, 'x') + "\r\n\r\n";
  EXPECT_EQ(line_of(ask(*server, fits)), "HTTP/1.1 200 OK");
  for (const std::string& big :
       {"GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(1100, 'x') + "\r\n\r\n",
        "GET /" + std::string(100'000, 'x') + " HTTP/1.1\r\n\r\n", std::string(50'000, 'G')}) {
    const std::string answer = ask(*server, big);
    EXPECT_EQ(line_of(answer), "HTTP/1.1 431 Request Header Fields Too Large");
    EXPECT_EQ(body_of(answer), "refused: the header is larger than the 1024 bytes allowed");
  }
}

TEST(HttpServer, TheBodyIsLimitedByPathBeforeItIsRead) {
  const auto server = serve();
  const auto post = [](std::string_view path, std::size_t size) {
    return fmt::format("POST {} HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n", path, size);
  };
  EXPECT_EQ(body_of(ask(*server, post("/x", 1000) + std::string(1000, 'a'))), "POST /x 1000");
  EXPECT_EQ(body_of(ask(*server, post("/upload", 1001) + std::string(1001, 'a'))),
            "POST /upload 1001");
  // Not a byte of the body was sent, and the answer is there.
  RawClient client(server->port());
  client.say(post("/x", 1001));
  const std::string answer = client.hear_all();
  EXPECT_EQ(line_of(answer), "HTTP/1.1 413 Content Too Large");
  EXPECT_EQ(body_of(answer), "refused: the body is larger than the 1000 bytes allowed here");
  EXPECT_EQ(
      line_of(ask(*server,
                  "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 18446744073709551615\r\n\r\n")),
      "HTTP/1.1 413 Content Too Large");
}

TEST(HttpServer, AClientThatSendsAllOfARefusedBodyStillReadsTheAnswer) {
  const auto server = serve();
  RawClient client(server->port());
  ASSERT_TRUE(client.say("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 12000000\r\n\r\n"));
  for (int i = 0; i < 12; ++i) ASSERT_TRUE(client.say(std::string(1'000'000, 'a')));
  client.finish();
  EXPECT_THAT(client.hear_all(),
              testing::AllOf(StartsWith("HTTP/1.1 413 "), EndsWith("bytes allowed here")));
}

TEST(HttpServer, AChunkedBodyIsLimitedToo) {
  const auto server = serve();
  const std::string head = "POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string chunk = "1f4\r\n" + std::string(500, 'a') + "\r\n";
  EXPECT_EQ(body_of(ask(*server, head + chunk + chunk + "0\r\n\r\n")), "POST /x 1000");
  EXPECT_EQ(line_of(ask(*server, head + chunk + chunk + "1\r\na\r\n0\r\n\r\n")),
            "HTTP/1.1 413 Content Too Large");
  EXPECT_EQ(line_of(ask(*server, head + "ffffffffffffffff\r\n")), "HTTP/1.1 413 Content Too Large");
  EXPECT_EQ(line_of(ask(*server, head + "xyz\r\n")), "HTTP/1.1 400 Bad Request");
}

/// Asks for `bytes` of body to be sent, and sends none; what the server says to that.
std::string announce(RawClient& client, std::size_t bytes) {
  client.say(
      fmt::format("POST /upload HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
                  "Content-Length: {}\r\n\r\n",
                  bytes));
  return client.hear_one();
}

TEST(HttpServer, LargeBodiesInAllConnectionsAreLimited) {
  HttpServerOptions options = small();
  options.body_memory = 1'000'000;
  const auto server = serve(options);
  const std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
  RawClient a(server->port()), b(server->port()), c(server->port());
  EXPECT_EQ(announce(a, 600'000), go_on);
  EXPECT_EQ(announce(b, 400'000), go_on);
  const std::string refused = announce(c, 65'537);
  EXPECT_EQ(line_of(refused), "HTTP/1.1 503 Service Unavailable");
  EXPECT_EQ(body_of(refused), "refused: too many large requests are being read; try again later");
  // A chunked one may become as large as its limit, 2,000,000.
  EXPECT_EQ(line_of(ask(*server,
                        "POST /upload HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")),
            "HTTP/1.1 503 Service Unavailable");
  // Small ones are served all the same.
  EXPECT_EQ(
      body_of(ask(*server, "POST /upload HTTP/1.1\r\nHost: h\r\nContent-Length: 65536\r\n\r\n" +
                               std::string(65'536, 'a'))),
      "POST /upload 65536");
  // What is answered is given back, on the connection that had it ...
  a.say(std::string(600'000, 'a'));
  EXPECT_EQ(body_of(a.hear_one()), "POST /upload 600000");
  EXPECT_EQ(announce(a, 600'000), go_on);
  // ... and for others when its client is gone, which the server notices in its own time.
  b.finish();
  EXPECT_EQ(line_of(b.hear_all()), "HTTP/1.1 400 Bad Request");
  std::string answer;
  for (int i = 0; i < 1000 && answer != go_on; ++i) {
    RawClient d(server->port());
    answer = announce(d, 400'000);
  }
  EXPECT_EQ(answer, go_on);
}

TEST(HttpServer, ABodyIsGivenBackHoweverItsRequestEnds) {
  HttpServerOptions options = small();
  options.body_memory = 2'000'000;
  const auto server = serve(options);
  const std::string head = "POST /upload HTTP/1.1\r\nHost: h\r\n";
  // All of the memory each time: one that is not given back is the last.
  const std::string requests[] = {
      head + "Content-Length: 2000000\r\n\r\nhalf",
      head + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
      head + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
      "POST /upload HTTP/1.0\r\nContent-Length: 2000000\r\n\r\n" + std::string(2'000'000, 'a'),
  };
  for (const std::string& request : requests) {
    for (int round = 0; round < 2; ++round) {
      std::string line = "HTTP/1.1 503 Service Unavailable";
      // The memory is free soon after the answer, not before it.
      for (int i = 0; i < 1000 && line.starts_with("HTTP/1.1 503"); ++i) {
        line = line_of(ask(*server, request));
      }
      EXPECT_FALSE(line.starts_with("HTTP/1.1 503")) << request.substr(0, 100);
    }
  }
}

TEST(HttpServer, TrailersAreNotHeaders) {
  const auto server = serve(small(), [](const HttpRequest& r) {
    return text_response(200, std::to_string(r.headers.count("Authorization")));
  });
  EXPECT_EQ(body_of(ask(*server,
                        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTrailer: "
                        "Authorization\r\n\r\n"
                        "0\r\nAuthorization: Bearer x\r\n\r\n")),
            "0");
}

TEST(HttpServer, SaysContinueToWhoAsks) {
  const auto server = serve();
  RawClient client(server->port());
  client.say(
      "POST /upload HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: "
      "1500000\r\n\r\n");
  EXPECT_EQ(client.hear_one(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.say(std::string(1'500'000, 'a'));
  EXPECT_EQ(body_of(client.hear_one()), "POST /upload 1500000");

  RawClient refused(server->port());
  refused.say(
      "POST /upload HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: "
      "3000000\r\n\r\n");
  EXPECT_EQ(line_of(refused.hear_all()), "HTTP/1.1 413 Content Too Large");
}

TEST(HttpServer, AnswersWhoStopsHalfway) {
  HttpServerOptions options = small();
  options.idle_timeout = std::chrono::seconds(1);
  const auto server = serve(options);
  RawClient head(server->port()), body(server->port()), silent(server->port());
  head.say("GET / HT");
  body.say("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab");
  EXPECT_EQ(line_of(head.hear_all()), "HTTP/1.1 408 Request Timeout");
  EXPECT_EQ(line_of(body.hear_all()), "HTTP/1.1 408 Request Timeout");
  EXPECT_EQ(silent.hear_all(), "");
}

TEST(HttpServer, WritesAnAnswerLargerThanTheSocketsBuffer) {
  const auto server = serve();
  EXPECT_EQ(body_of(ask(*server, "GET /big HTTP/1.1\r\nHost: h\r\n\r\n")).size(), 4U * 1024 * 1024);
}

TEST(HttpServer, ServesManyClientsAtOnce) {
  const auto server = serve();
  std::vector<std::future<int>> clients;
  for (int c = 0; c < 16; ++c) {
    clients.push_back(std::async(std::launch::async, [&, c] {
      RawClient client(server->port());
      int right = 0;
      for (int i = 0; i < 50; ++i) {
        client.say(fmt::format("GET /{}/{} HTTP/1.1\r\nHost: h\r\n\r\n", c, i));
        right += body_of(client.hear_one()) == fmt::format("GET /{}/{} ", c, i) ? 1 : 0;
      }
      return right;
    }));
  }
  for (auto& client : clients) EXPECT_EQ(client.get(), 50);
}

TEST(HttpServer, TellsOneConnectionTooManyAndServesAgainAfterwards) {
  HttpServerOptions options = small();
  options.max_connections = 2;
  const auto server = serve(options);
  {
    RawClient a(server->port()), b(server->port());
    for (RawClient* client : {&a, &b}) {
      client->say("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
      EXPECT_EQ(line_of(client->hear_one()), "HTTP/1.1 200 OK");
    }
    RawClient c(server->port());
    c.say("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    c.finish();
    EXPECT_EQ(line_of(c.hear_all()), "HTTP/1.1 503 Service Unavailable");
  }
  // The server notices the two goodbyes in its own time; each try is a whole exchange.
  std::string line;
  for (int i = 0; i < 1000 && line != "HTTP/1.1 200 OK"; ++i) {
    line = line_of(ask(*server, "GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  }
  EXPECT_EQ(line, "HTTP/1.1 200 OK");
}

void limit_files(rlim_t soft, rlim_t hard) {
  const rlimit files{soft, hard};
  if (::setrlimit(RLIMIT_NOFILE, &files) != 0) std::_Exit(1);
}

/// Ends the program with the number of clients that are served at once.
[[noreturn]] void count_served(std::size_t wanted) {
  HttpServerOptions options = small();
  options.max_connections = wanted;
  const auto server = serve(options);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (;;) {
    clients.push_back(std::make_unique<RawClient>(server->port()));
    clients.back()->say("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    if (line_of(clients.back()->hear_one()) != "HTTP/1.1 200 OK") {
      std::_Exit(static_cast<int>(clients.size() - 1));
    }
  }
}

TEST(HttpServerDeathTest, TakesNoMoreConnectionsThanThereAreFileDescriptorsFor) {
  EXPECT_EXIT((limit_files(140, 140), count_served(4096)), testing::ExitedWithCode(12), "");
  EXPECT_EXIT((limit_files(140, 140), count_served(5)), testing::ExitedWithCode(5), "");
}

TEST(HttpServerDeathTest, AsksForTheFileDescriptorsItMayNeed) {
  EXPECT_EXIT((limit_files(140, 1000), count_served(20)), testing::ExitedWithCode(20), "");
}

/// Flags of the sockets of this program that are bound to `port`.
std::vector<int> descriptor_flags_of(std::uint16_t port) {
  std::vector<int> out;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    const int fd = std::stoi(entry.path().filename().string());
    sockaddr_in address{};
    socklen_t size = sizeof address;
    void* const any = &address;
    if (::getsockname(fd, static_cast<sockaddr*>(any), &size) == 0 &&
        address.sin_family == AF_INET && ntohs(address.sin_port) == port) {
      out.push_back(::fcntl(fd, F_GETFD));
    }
  }
  return out;
}

TEST(HttpServer, ProgramsThatAreStartedDoNotInheritItsSockets) {
  const auto server = serve();
  RawClient client(server->port());
  client.say("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(line_of(client.hear_one()), "HTTP/1.1 200 OK");
  EXPECT_THAT(descriptor_flags_of(server->port()), testing::ElementsAre(FD_CLOEXEC, FD_CLOEXEC));
}

TEST(HttpServer, AnswersThoughItsLogCannotBeWritten) {
  const auto server = serve();
  const int log = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(log, 0);
  ASSERT_GE(full, 0);
  ASSERT_EQ(::dup2(full, STDERR_FILENO), STDERR_FILENO);
  const std::string answer = ask(*server, "GET /throw HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_EQ(::dup2(log, STDERR_FILENO), STDERR_FILENO);
  ::close(full);
  ::close(log);
  EXPECT_EQ(line_of(answer), "HTTP/1.1 500 Internal Server Error");
}

TEST(HttpServer, StopFinishesWhatIsInFlightAndClosesWhatIsIdle) {
  std::promise<void> entered, leave;
  const auto server = serve(small(), [&](const HttpRequest& r) {
    if (r.path == "/wait") {
      entered.set_value();
      leave.get_future().wait();
    }
    return text_response(200, "done");
  });
  RawClient idle(server->port()), busy(server->port());
  idle.say("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(body_of(idle.hear_one()), "done");
  busy.say("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
  entered.get_future().wait();

  std::thread stopping([&] { server->stop(); });
  EXPECT_EQ(idle.hear_all(), "");
  leave.set_value();
  const std::string answer = busy.hear_all();
  EXPECT_EQ(body_of(answer), "done");
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  stopping.join();
  EXPECT_FALSE(RawClient(server->port()).connected());
  server->stop();  // again is no harm
}

TEST(HttpServer, StopDoesNotWaitForALazyClientBeyondItsGrace) {
  const auto server = serve();
  RawClient lazy(server->port());
  lazy.say("POST /x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n");
  EXPECT_THAT(lazy.hear_one(), StartsWith("HTTP/1.1 100"));  // so the request is in flight
  server->stop(std::chrono::seconds(0));
  EXPECT_THAT(lazy.hear_all(), Not(HasSubstr("200")));
}

TEST(HttpServer, SaysWhatIsWrongWithItsAddress) {
  const auto first = serve();
  const std::string taken = fmt::format("127.0.0.1:{}", first->port());
  EXPECT_EQ(first->url(), "http://" + taken);
  const auto error = [](const std::string& listen) {
    HttpServerOptions options;
    options.listen = listen;
    const auto server = HttpServer::start(options, echo);
    return server ? std::string("listens") : to_string(server.error());
  };
  EXPECT_EQ(error(taken), taken +
                              ": the port is in use (stop the program that has it, or choose "
                              "another port; port 0 picks a free one)");
  for (const char* bad :
       {"", "127.0.0.1", ":80", "127.0.0.1:http", "127.0.0.1:65536", "::1:80", "[]:1"}) {
    EXPECT_EQ(
        error(bad),
        fmt::format("listen address: wanted HOST:PORT like 127.0.0.1:8080 or [::1]:8080, got '{}'",
                    bad));
  }
  EXPECT_THAT(error("192.0.2.1:0"), StartsWith("192.0.2.1:0: cannot bind: "));
}

}  // namespace
}  // namespace assay
