// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "http/message.h"

namespace assay {

struct HttpCall {
  std::string method = "GET";
  std::string url;  ///< http or https only
  HttpHeaders headers{};
  std::string body{};
  std::size_t max_response = 8 * 1024 * 1024;
  std::chrono::milliseconds timeout{60'000};
};

/// Outgoing HTTP.  Thread-safe.  No redirects are followed.
class HttpClient {
 public:
  virtual ~HttpClient() = default;
  /// The answer whatever its status, or Fault::unavailable naming the URL.
  virtual Result<HttpResponse> send(const HttpCall& call) const = 0;
};

/// libcurl: TLS verified against the system's CAs, or `ca_file`; connections are kept alive.
std::unique_ptr<HttpClient> make_http_client(const std::string& ca_file = {});

}  // namespace assay
