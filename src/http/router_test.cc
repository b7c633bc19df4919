// SPDX-License-Identifier: Apache-2.0
#include "http/router.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

Router routes() {
  Router router([](unsigned status, std::string_view message) {
    return text_response(status, std::string(message));
  });
  router.add("GET", "/",
             [](const HttpRequest&, const PathValues&) { return text_response(200, "root"); });
  router.add("GET", "/v1/projects/{p}/locations/{l}", [](const HttpRequest&, const PathValues& v) {
    return text_response(200, "location " + v.at("p") + " " + v.at("l"));
  });
  router.add("POST", "/v1/projects/{p}/challenges/{c}:verify",
             [](const HttpRequest&, const PathValues& v) {
               return text_response(200, "verify " + v.at("p") + " " + v.at("c"));
             });
  router.add("POST", "/v1/projects/{p}/challenges/{c}:verifyMore",
             [](const HttpRequest&, const PathValues& v) {
               return text_response(200, "more " + v.at("c"));
             });
  router.add("GET", "/v1/projects/{p}/challenges/{c}", [](const HttpRequest&, const PathValues& v) {
    return text_response(200, "challenge " + v.at("c"));
  });
  router.add("POST", "/v2/entries:list",
             [](const HttpRequest&, const PathValues&) { return text_response(200, "list"); });
  return router;
}

struct RouteCase {
  std::string_view name, method, path;
  unsigned status;
  std::string_view body;
};
const RouteCase kRouteCases[] = {
    {"the root", "GET", "/", 200, "root"},
    {"values", "GET", "/v1/projects/p1/locations/us", 200, "location p1 us"},
    {"a project with a colon", "GET", "/v1/projects/example.com:my/locations/us", 200,
     "location example.com:my us"},
    {"a verb", "POST", "/v1/projects/example.com:my/challenges/c:verify", 200,
     "verify example.com:my c"},
    {"the verb follows the last colon", "POST", "/v1/projects/p/challenges/a:verify:verify", 200,
     "verify p a:verify"},
    {"verbs are compared whole", "POST", "/v1/projects/p/challenges/c:verifyMore", 200, "more c"},
    {"a colon without a verb is part of the value", "GET", "/v1/projects/p/challenges/a:b", 200,
     "challenge a:b"},
    {"a literal with a verb", "POST", "/v2/entries:list", 200, "list"},
    {"another verb", "POST", "/v2/entries:write", 404, "there is nothing at /v2/entries:write"},
    {"no value", "GET", "/v1/projects//locations/us", 404,
     "there is nothing at /v1/projects//locations/us"},
    {"no value before the verb", "POST", "/v1/projects/p/challenges/:verify", 405,
     "POST is not a method of /v1/projects/p/challenges/:verify"},
    {"one segment more", "GET", "/v1/projects/p/locations/us/x", 404,
     "there is nothing at /v1/projects/p/locations/us/x"},
    {"a slash at the end", "GET", "/v1/projects/p/locations/us/", 404,
     "there is nothing at /v1/projects/p/locations/us/"},
    {"another method", "DELETE", "/v1/projects/p/locations/us", 405,
     "DELETE is not a method of /v1/projects/p/locations/us"},
};

TEST(Router, FindsTheHandler) {
  const Router router = routes();
  for (const RouteCase& c : kRouteCases) {
    SCOPED_TRACE(c.name);
    HttpRequest request;
    request.method = c.method;
    request.path = c.path;
    const HttpResponse got = router(request);
    EXPECT_EQ(got.status, c.status);
    EXPECT_EQ(got.body, c.body);
  }
}

TEST(Router, NamesTheMethodsThereAre) {
  HttpRequest request;
  request.method = "PUT";
  request.path = "/v2/entries:list";
  EXPECT_EQ(routes()(request).headers.get("Allow"), "POST");
}

}  // namespace
}  // namespace assay
