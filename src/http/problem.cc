// SPDX-License-Identifier: Apache-2.0
#include "http/problem.h"

namespace assay {

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

}  // namespace assay
