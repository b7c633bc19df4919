// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.h"

namespace assay {

/// The values of a route's `{names}`.
class PathValues {
 public:
  /// The value of `{name}`; the name must be in the route.
  [[nodiscard]] const std::string& at(std::string_view name) const;
  void set(std::string name, std::string value);

 private:
  std::vector<std::pair<std::string, std::string>> all_;
};

/// Finds the handler for method and path.  Add all routes, then use it as an HttpHandler from any
/// thread:
///
///     Router router(refuse);
///     router.add("POST", "/v1/projects/{project}/locations/{location}/challenges/{id}:verify",
///     verify); HttpServer::start(options, router);
///
/// A `{name}` is one whole segment that is not empty.  A template's ":verb" at its end is compared
/// with what follows the last ':' of the path's last segment, so values may contain ':' themselves
/// (projects are called "example.com:thing").  A template with a verb is tried before one without.
class Router {
 public:
  using Handler = std::function<HttpResponse(const HttpRequest&, const PathValues&)>;
  /// Renders a refusal (404 or 405) in the service's error format.
  using Refuse = std::function<HttpResponse(unsigned status, std::string_view message)>;

  explicit Router(Refuse refuse) : refuse_(std::move(refuse)) {}
  void add(std::string method, std::string_view path_template, Handler handler);
  /// 404 where no route has the path, 405 with `Allow` where none has the method.
  HttpResponse operator()(const HttpRequest& request) const;

 private:
  struct Route {
    std::string method;
    std::vector<std::string> segments;  ///< a literal, or "{name}"
    std::string verb;                   ///< without its ':'; empty: none
    Handler handler;
  };
  Refuse refuse_;
  std::vector<Route> routes_;  ///< those with a verb first
};

}  // namespace assay
