// SPDX-License-Identifier: Apache-2.0
#include "http/target.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace assay {
namespace {

std::string outcome(std::string_view text) {
  const auto got = parse_target(text);
  if (!got) return to_string(got.error());
  std::string out = got->path;
  for (const auto& [name, value] : got->query) out += fmt::format(" [{}]=[{}]", name, value);
  return out;
}

struct TargetCase {
  std::string_view name, in, outcome;
};
const TargetCase kTargetCases[] = {
    {"a plain path", "/v1/projects/p", "/v1/projects/p"},
    {"a plus in a path is a plus", "/a+b", "/a+b"},
    {"a plus in a query is a blank", "/a?b+c=d+e", "/a [b c]=[d e]"},
    {"no value", "/a?b&=c&&d=", "/a [b]=[] []=[c] [d]=[]"},
    {"a second mark belongs to the query", "/a?b=?", "/a [b]=[?]"},
    {"slashes collapse after decoding", "/a/%2F/b", "/a/b"},
    {"UTF-8", "/%C3%A4?x=%E2%82%AC", "/\u00e4 [x]=[\u20ac]"},
    {"absolute form without a path", "http://h", "/"},
    {"absolute form with a query alone", "http://h?x=1", "request target: does not start with '/'"},
    {"dots within a name", "/a..b/.well-known/...", "/a..b/.well-known/..."},
    {"asterisk form", "*", "request target: does not start with '/'"},
    {"authority form", "example.com:443", "request target: does not start with '/'"},
    {"empty", "", "request target: does not start with '/'"},
    {"a fragment", "/a#b", "request target: contains a fragment"},
    {"a bad escape", "/%4g", "path: '%' is not followed by two hexadecimal digits"},
    {"a cut escape", "/%", "path: '%' is not followed by two hexadecimal digits"},
    {"NUL in the query", "/?a=%00", "query: contains a NUL byte"},
    {"a line break in the path", "/a%0d%0ab", "path: contains a control character"},
    {"a line break in the query", "/?a=%0a", "/ [a]=[\n]"},
    {"not UTF-8", "/%ff", "path: is not UTF-8"},
    {"overlong UTF-8", "/%c0%af", "path: is not UTF-8"},
    {"a dot segment", "/./a", "path: contains the segment '.'"},
    {"a dot segment at the end", "/a/..", "path: contains the segment '..'"},
};

TEST(HttpTarget, IsTakenApartOrRefused) {
  for (const TargetCase& c : kTargetCases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(outcome(c.in), c.outcome);
  }
}

TEST(PercentEncode, LeavesOnlyUnreservedCharacters) {
  EXPECT_EQ(percent_encode("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(percent_encode("a b/c:d?\xc3\xa4%"), "a%20b%2Fc%3Ad%3F%C3%A4%25");
}

}  // namespace
}  // namespace assay
