// SPDX-License-Identifier: Apache-2.0
#include "http/message.h"

#include <gtest/gtest.h>

#include "http/problem.h"

namespace assay {
namespace {

TEST(HttpHeaders, ComparesNamesWithoutCaseAndDistrustsAFieldSentTwice) {
  HttpHeaders headers;
  headers.set("Content-Type", "a");
  EXPECT_EQ(headers.get("content-TYPE"), "a");
  headers.set("content-type", "b");
  EXPECT_EQ(headers.all().size(), 1U);
  headers.add("Content-Type", "c");
  EXPECT_EQ(headers.get("Content-Type"), std::nullopt);
  EXPECT_EQ(headers.count("Content-Type"), 2U);
  EXPECT_EQ(headers.get("Content"), std::nullopt);
}

struct BearerCase {
  std::string_view name, value, outcome;
};
const BearerCase kBearerCases[] = {
    {"a token", "Bearer abc.DEF-_~+/==", "abc.DEF-_~+/=="},
    {"the scheme in any case", "bEARER x", "x"},
    {"several blanks", "Bearer   x", "x"},
    {"no token", "Bearer", "Authorization: what follows 'Bearer' is not a token"},
    {"an empty token", "Bearer ", "Authorization: what follows 'Bearer' is not a token"},
    {"padding alone", "Bearer ==", "Authorization: what follows 'Bearer' is not a token"},
    {"two tokens", "Bearer a b", "Authorization: what follows 'Bearer' is not a token"},
    {"padding inside", "Bearer a=b", "Authorization: what follows 'Bearer' is not a token"},
    {"another scheme", "Basic abc", "Authorization: wanted the scheme 'Bearer'"},
    {"nothing", "", "Authorization: wanted the scheme 'Bearer'"},
};

TEST(BearerToken, IsFoundOrExplained) {
  for (const BearerCase& c : kBearerCases) {
    SCOPED_TRACE(c.name);
    HttpRequest request;
    request.headers.set("authorization", std::string(c.value));
    const auto got = bearer_token(request);
    EXPECT_EQ(got ? std::string(*got) : to_string(got.error()), c.outcome);
  }
  HttpRequest none;
  EXPECT_EQ(to_string(bearer_token(none).error()), "Authorization: missing; wanted 'Bearer TOKEN'");
  none.headers.add("Authorization", "Bearer a");
  none.headers.add("Authorization", "Bearer a");
  EXPECT_EQ(to_string(bearer_token(none).error()), "Authorization: sent more than once");
}

TEST(Problem, HasTheMembersOfRfc9457) {
  const HttpResponse got =
      problem(401, "token-expired", "The token has expired", "exp is 5", {{"check", "jwt.exp"}});
  EXPECT_EQ(got.status, 401U);
  EXPECT_EQ(got.headers.get("Content-Type"), "application/problem+json");
  EXPECT_EQ(
      got.body,
      R"({"type":"urn:assay:problem:token-expired","title":"The token has expired","status":401,)"
      R"("detail":"exp is 5","check":"jwt.exp"})");
  EXPECT_EQ(problem(400, "x", "t", "d", {{"status", 200}}).body,
            R"({"type":"urn:assay:problem:x","title":"t","status":400,"detail":"d"})");
}

}  // namespace
}  // namespace assay
