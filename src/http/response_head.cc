// SPDX-License-Identifier: Apache-2.0
#include "http/response_head.h"

#include <fmt/chrono.h>
#include <algorithm>
#include <chrono>

#include "http/ascii.h"

namespace assay {
namespace {

bool is_token(std::string_view name) {
  // RFC 9110 section 5.6.2
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (lower_ascii(c) >= 'a' && lower_ascii(c) <= 'z') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

bool is_framing(std::string_view name) {
  for (const char* ours : {"Content-Length", "Transfer-Encoding", "Connection", "Date"}) {
    if (same_ignoring_case(name, ours)) return true;
  }
  return false;
}

/// RFC 9110 section 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT".  Made once a second, for each thread.
const std::string& http_date() {
  thread_local std::time_t made_at = -1;
  thread_local std::string text;
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  if (now != made_at) {
    text = fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(now));
    made_at = now;
  }
  return text;
}

}  // namespace

bool is_sendable(const HttpResponse& response) {
  const auto& fields = response.headers.all();
  return std::all_of(fields.begin(), fields.end(), [](const auto& field) {
    return is_token(field.first) &&
           field.second.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos;
  });
}

std::string response_head(const HttpResponse& response, AfterResponse after) {
  std::string out;
  out.reserve(256);
  fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} {}\r\nDate: {}\r\n", response.status,
                 reason_phrase(response.status), http_date());
  for (const auto& [name, value] : response.headers.all()) {
    if (is_framing(name)) continue;
    out.append(name).append(": ").append(value).append("\r\n");
  }
  if (may_have_body(response.status)) {
    if (response.headers.count("Content-Type") == 0)
      out += "Content-Type: text/plain; charset=utf-8\r\n";
    fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", response.body.size());
  }
  out += after == AfterResponse::close ? "Connection: close\r\n\r\n"
                                       : "Connection: keep-alive\r\n\r\n";
  return out;
}

}  // namespace assay
