// SPDX-License-Identifier: Apache-2.0
#include "http/message.h"

#include <algorithm>

#include "http/ascii.h"

namespace assay {

void HttpHeaders::set(std::string name, std::string value) {
  std::erase_if(all_, [&](const auto& field) { return same_ignoring_case(field.first, name); });
  add(std::move(name), std::move(value));
}

void HttpHeaders::add(std::string name, std::string value) {
  all_.emplace_back(std::move(name), std::move(value));
}

std::optional<std::string_view> HttpHeaders::get(std::string_view name) const {
  std::optional<std::string_view> found;
  for (const auto& [field, value] : all_) {
    if (!same_ignoring_case(field, name)) continue;
    if (found) return std::nullopt;
    found = value;
  }
  return found;
}

std::size_t HttpHeaders::count(std::string_view name) const {
  return static_cast<std::size_t>(std::count_if(all_.begin(), all_.end(), [&](const auto& field) {
    return same_ignoring_case(field.first, name);
  }));
}

std::optional<std::string_view> HttpRequest::query_value(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return std::nullopt;
}

HttpResponse json_response(unsigned status, const json::value& body) {
  HttpResponse response{status, {}, json::serialize(body)};
  response.headers.set("Content-Type", "application/json");
  return response;
}

HttpResponse text_response(unsigned status, std::string body) {
  HttpResponse response{status, {}, std::move(body)};
  response.headers.set("Content-Type", "text/plain; charset=utf-8");
  return response;
}

std::string_view reason_phrase(unsigned status) {
  switch (status) {
    case 100:
      return "Continue";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Unknown";
  }
}

Result<std::string_view> bearer_token(const HttpRequest& request) {
  const auto header = request.headers.get("Authorization");
  if (!header) {
    if (request.headers.count("Authorization") == 0) {
      return fail(Fault::untrusted, "Authorization", "missing; wanted 'Bearer TOKEN'");
    }
    return fail(Fault::malformed, "Authorization", "sent more than once");
  }
  std::string_view value = *header;
  const std::size_t blank = value.find(' ');
  if (!same_ignoring_case(value.substr(0, blank), "Bearer")) {
    return fail(Fault::malformed, "Authorization", "wanted the scheme 'Bearer'");
  }
  value.remove_prefix(
      std::min(value.size(), value.find_first_not_of(' ', std::min(blank, value.size()))));
  // RFC 6750 section 2.1: b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="
  constexpr std::string_view kToken68 =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/";
  const std::string_view stem = value.substr(0, value.find_last_not_of('=') + 1);
  if (stem.empty() || stem.find_first_not_of(kToken68) != std::string_view::npos) {
    return fail(Fault::malformed, "Authorization", "what follows 'Bearer' is not a token");
  }
  return value;
}

}  // namespace assay
