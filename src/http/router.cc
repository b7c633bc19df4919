// SPDX-License-Identifier: Apache-2.0
#include "http/router.h"

#include <fmt/format.h>
#include <algorithm>
#include <optional>

#include "base/check.h"

namespace assay {
namespace {

/// The segments of "/a/b/" are "a", "b", "".
std::vector<std::string> segments_of(std::string_view path) {
  std::vector<std::string> out;
  for (std::size_t from = 1; from <= path.size();) {
    const std::size_t slash = std::min(path.find('/', from), path.size());
    out.emplace_back(path.substr(from, slash - from));
    from = slash + 1;
  }
  return out;
}

bool is_name(std::string_view segment) { return segment.size() > 2 && segment.front() == '{'; }

std::optional<PathValues> match(const std::vector<std::string>& pattern, std::string_view verb,
                                std::vector<std::string> segments) {
  if (pattern.size() != segments.size()) return std::nullopt;
  if (!verb.empty()) {
    std::string& last = segments.back();
    const std::size_t colon = last.rfind(':');
    if (colon == std::string::npos || std::string_view(last).substr(colon + 1) != verb)
      return std::nullopt;
    last.resize(colon);
  }
  PathValues values;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (!is_name(pattern[i])) {
      if (pattern[i] != segments[i]) return std::nullopt;
      continue;
    }
    if (segments[i].empty()) return std::nullopt;
    values.set(pattern[i].substr(1, pattern[i].size() - 2), std::move(segments[i]));
  }
  return values;
}

}  // namespace

const std::string& PathValues::at(std::string_view name) const {
  const auto found =
      std::find_if(all_.begin(), all_.end(), [&](const auto& v) { return v.first == name; });
  ASSAY_CHECK(found != all_.end());
  return found->second;
}

void PathValues::set(std::string name, std::string value) {
  all_.emplace_back(std::move(name), std::move(value));
}

void Router::add(std::string method, std::string_view path_template, Handler handler) {
  ASSAY_CHECK(path_template.starts_with('/'));
  Route route{std::move(method), segments_of(path_template), {}, std::move(handler)};
  if (!route.segments.empty()) {
    std::string& last = route.segments.back();
    if (const std::size_t colon = last.rfind(':'); colon != std::string::npos) {
      route.verb = last.substr(colon + 1);
      last.resize(colon);
    }
  }
  const auto at = route.verb.empty() ? routes_.end()
                                     : std::find_if(routes_.begin(), routes_.end(),
                                                    [](const Route& r) { return r.verb.empty(); });
  routes_.insert(at, std::move(route));
}

HttpResponse Router::operator()(const HttpRequest& request) const {
  const std::vector<std::string> segments = segments_of(request.path);
  std::string allowed;
  for (const Route& route : routes_) {
    const auto values = match(route.segments, route.verb, segments);
    if (!values) continue;
    if (route.method == request.method) return route.handler(request, *values);
    allowed += (allowed.empty() ? "" : ", ") + route.method;
  }
  if (allowed.empty()) return refuse_(404, fmt::format("there is nothing at {}", request.path));
  HttpResponse response =
      refuse_(405, fmt::format("{} is not a method of {}", request.method, request.path));
  response.headers.set("Allow", std::move(allowed));
  return response;
}

}  // namespace assay
