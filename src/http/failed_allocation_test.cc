// SPDX-License-Identifier: Apache-2.0

#include <gtest/gtest.h>

#include <atomic>

#include "base/failing_new.h"
#include "http/server.h"
#include "http/testing.h"

namespace assay {
namespace {

constexpr std::string_view kRequest =
    "POST /a/path/of/some/length HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi";
constexpr const char* kAnswer = "an answer that is too long to stand in a string itself";

/// One request on a connection of its own; all that comes back.
std::string ask(const HttpServer& server) {
  RawClient client(server.port());
  client.say(kRequest);
  client.finish();
  return client.hear_all();
}

bool is_served(const std::string& answer) {
  return answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with(kAnswer);
}

/// Every allocation from the handler's first to the last of its answer fails once: whoever is hit
/// may get no answer, whoever comes next does.
TEST(FailedAllocation, InOrAfterAHandlerCostsOneCallerAndNotTheServer) {
  FailingNew::spare_this_thread();
  constexpr long kNone = -1;
  std::atomic<long> allowed = kNone;
  HttpServerOptions options;
  options.threads = 1;
  const auto server = HttpServer::start(std::move(options), [&](const HttpRequest&) {
    if (allowed != kNone) FailingNew::arm(allowed);
    return text_response(200, kAnswer);
  });
  ASSERT_TRUE(server) << to_string(server.error());
  ASSERT_TRUE(is_served(ask(**server)));
  long tried = 0;
  for (bool hit = true; hit; ++tried) {
    allowed = tried;
    const std::string answer = ask(**server);
    hit = FailingNew::disarm();
    allowed = kNone;
    EXPECT_TRUE(is_served(answer) || answer.empty() || answer == "(reset)" ||
                answer.starts_with("HTTP/1.1 500 "))
        << tried << ": " << answer;
    ASSERT_TRUE(is_served(ask(**server))) << "after the failure of allocation " << tried;
  }
  EXPECT_GT(tried, 3) << "an answer allocates more often than this";
}

}  // namespace
}  // namespace assay
