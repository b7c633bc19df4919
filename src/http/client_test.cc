// SPDX-License-Identifier: Apache-2.0
#include "http/client.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <atomic>
#include <cstdlib>
#include <future>

#include "http/server.h"

namespace assay {
namespace {

using testing::HasSubstr;

class HttpClientTest : public testing::Test {
 protected:
  void SetUp() override {
    auto server = HttpServer::start({}, [this](const HttpRequest& r) { return answer(r); });
    ASSERT_TRUE(server) << to_string(server.error());
    server_ = std::move(*server);
  }

  HttpResponse answer(const HttpRequest& r) {
    {
      const std::lock_guard lock(mutex_);
      peers_.insert(r.peer);
    }
    if (r.path == "/redirect") {
      HttpResponse response = text_response(302, "elsewhere");
      response.headers.set("Location", server_->url() + "/ok");
      return response;
    }
    if (r.path == "/missing") return text_response(404, "not here");
    if (r.path == "/big") return text_response(200, std::string(2000, 'x'));
    if (r.path == "/wait") release_.get_future().wait();
    HttpResponse response = text_response(200, fmt::format("{} {} {}", r.method, r.path, r.body));
    response.headers.set("X-Flavor",
                         std::string(r.headers.get("Metadata-Flavor").value_or("none")));
    return response;
  }

  std::unique_ptr<HttpClient> client_ = make_http_client();
  std::promise<void> release_;
  std::mutex mutex_;
  std::set<std::string> peers_;
  std::unique_ptr<HttpServer> server_;  ///< last, so that it ends before what answer() uses
};

TEST_F(HttpClientTest, SendsAndHears) {
  HttpCall call{.method = "POST", .url = server_->url() + "/x?y=z", .body = "hello"};
  call.headers.set("Metadata-Flavor", "Google");
  const auto got = client_->send(call);
  ASSERT_TRUE(got) << to_string(got.error());
  EXPECT_EQ(got->status, 200U);
  EXPECT_EQ(got->body, "POST /x hello");
  EXPECT_EQ(got->headers.get("x-flavor"), "Google");
  EXPECT_EQ(client_->send({.method = "PUT", .url = server_->url() + "/p"})->body, "PUT /p ");
  EXPECT_EQ(client_->send({.method = "HEAD", .url = server_->url() + "/p"})->body, "");
  EXPECT_EQ(client_->send({.url = server_->url() + "/missing"})->body, "not here");
}

TEST_F(HttpClientTest, FollowsNoRedirect) {
  const auto got = client_->send({.url = server_->url() + "/redirect"});
  EXPECT_EQ(got->status, 302U);
  EXPECT_EQ(got->headers.get("Location"), server_->url() + "/ok");
}

TEST_F(HttpClientTest, StopsAtTheLimitWhileReceiving) {
  EXPECT_EQ(client_->send({.url = server_->url() + "/big", .max_response = 2000})->body.size(),
            2000U);
  EXPECT_EQ(
      to_string(client_->send({.url = server_->url() + "/big", .max_response = 1999}).error()),
      server_->url() + "/big: the answer is larger than the 1999 bytes allowed");
}

TEST_F(HttpClientTest, ReusesItsConnection) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(client_->send({.url = server_->url() + "/x"}));
  EXPECT_EQ(peers_.size(), 1U);
}

TEST_F(HttpClientTest, ServesThreadsAtOnce) {
  std::vector<std::future<int>> threads;
  for (int t = 0; t < 8; ++t) {
    threads.push_back(std::async(std::launch::async, [&, t] {
      int right = 0;
      for (int i = 0; i < 20; ++i) {
        const auto got = client_->send({.url = fmt::format("{}/{}-{}", server_->url(), t, i)});
        right += got && got->body == fmt::format("GET /{}-{} ", t, i) ? 1 : 0;
      }
      return right;
    }));
  }
  for (auto& t : threads) EXPECT_EQ(t.get(), 20);
}

TEST_F(HttpClientTest, GivesUpInTime) {
  const auto got =
      client_->send({.url = server_->url() + "/wait", .timeout = std::chrono::milliseconds(50)});
  EXPECT_EQ(to_string(got.error()), server_->url() + "/wait: no answer within 50 ms");
  release_.set_value();
}

TEST_F(HttpClientTest, SaysThatNobodyListens) {
  const std::string url = server_->url() + "/";
  server_->stop();
  const auto got = client_->send({.url = url});
  EXPECT_EQ(got.error().fault, Fault::unavailable);
  EXPECT_EQ(got.error().where, url);
  EXPECT_THAT(got.error().why, HasSubstr("(is the service running?)"));
}

TEST_F(HttpClientTest, LoopbackNeedsNoProxy) {
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);
  const auto got = client_->send({.url = server_->url() + "/x"});
  ::unsetenv("http_proxy");
  EXPECT_TRUE(got) << to_string(got.error());
}

TEST_F(HttpClientTest, RefusesWhatIsNotHttp) {
  EXPECT_EQ(to_string(client_->send({.url = "file:///etc/passwd"}).error()),
            "file:///etc/passwd: wanted http or https, got 'file'");
  EXPECT_EQ(client_->send({.url = "example.com/x"}).error().fault, Fault::malformed);
  HttpCall split{.url = server_->url()};
  split.headers.set("X", "a\r\nY: b");
  EXPECT_THAT(to_string(client_->send(split).error()),
              HasSubstr("a header field has a line break: X"));
}

}  // namespace
}  // namespace assay
