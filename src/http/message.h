// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace assay {

/// Header fields in order; names compare without case.
class HttpHeaders {
 public:
  /// Makes `value` the field's only value.
  void set(std::string name, std::string value);
  /// Adds one more field line, whether or not there is one of that name.
  void add(std::string name, std::string value);
  /// The value, if the field appears exactly once: a field sent twice is nobody's word.
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const;
  /// How many lines the field has.
  [[nodiscard]] std::size_t count(std::string_view name) const;
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& all() const { return all_; }

 private:
  std::vector<std::pair<std::string, std::string>> all_;
};

struct HttpRequest {
  std::string method;  ///< "GET"; a HEAD arrives as the GET it asks about
  std::string path;  ///< percent-decoded, "//" collapsed to "/", without the query; starts with "/"
  std::vector<std::pair<std::string, std::string>> query;  ///< percent-decoded, in order
  HttpHeaders headers{};
  std::string body{};
  std::string peer;  ///< "127.0.0.1:51234"

  /// The first value of that name.
  [[nodiscard]] std::optional<std::string_view> query_value(std::string_view name) const;
};

struct HttpResponse {
  unsigned status = 200;
  HttpHeaders headers{};
  std::string body{};
};

/// A service as a function of its request.  Thread-safe.  An exception out of it becomes a 500.
using HttpHandler = std::function<HttpResponse(const HttpRequest&)>;

HttpResponse json_response(unsigned status, const json::value& body);
HttpResponse text_response(unsigned status, std::string body);

/// "Not Found"; "Unknown" for a status RFC 9110 does not name.
std::string_view reason_phrase(unsigned status);

/// The bearer token of `Authorization: Bearer <token>` (RFC 6750 section 2.1), or why there is
/// none: Fault::untrusted where nothing is offered, Fault::malformed where it is not a bearer
/// token.
Result<std::string_view> bearer_token(const HttpRequest& request);

}  // namespace assay
