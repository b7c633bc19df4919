// SPDX-License-Identifier: Apache-2.0
#include "http/problem.h"

#include "base/check.h"

namespace assay {

unsigned http_status(Fault fault) {
  switch (fault) {
    case Fault::malformed:
      return 400;
    case Fault::untrusted:
      return 403;
    case Fault::unavailable:
      return 503;
    case Fault::internal:
      return 500;
  }
  check_failed("fault is one of Fault", __FILE__, __LINE__);
}

HttpResponse problem(unsigned status, std::string_view slug, std::string_view title,
                     std::string_view detail, json::object more) {
  json::object body{{"type", "urn:assay:problem:" + std::string(slug)},
                    {"title", title},
                    {"status", status},
                    {"detail", detail}};
  // RFC 9457 section 3.2 lets a problem type add members; the standard ones keep their meaning.
  for (auto& member : more) body.emplace(member.key(), std::move(member.value()));
  HttpResponse response{status, {}, json::serialize(body)};
  response.headers.set("Content-Type", "application/problem+json");
  return response;
}

HttpResponse google_error(unsigned http_status, std::string_view canonical,
                          std::string_view message, std::string_view reason,
                          json::object metadata) {
  json::object error{{"code", http_status}, {"message", message}, {"status", canonical}};
  if (!reason.empty()) {
    error["details"] =
        json::array{json::object{{"@type", "type.googleapis.com/google.rpc.ErrorInfo"},
                                 {"reason", reason},
                                 {"domain", "confidentialcomputing.googleapis.com"},
                                 {"metadata", std::move(metadata)}}};
  }
  return json_response(http_status, json::object{{"error", std::move(error)}});
}

}  // namespace assay
