// SPDX-License-Identifier: Apache-2.0
#include "collect/metadata.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>

#include "base/blanks.h"
#include "base/json.h"
#include "http/target.h"

namespace assay {
namespace {

constexpr std::chrono::seconds kTimeout{5};
constexpr std::size_t kMaxAnswer = 64 * 1024;

Result<std::uint64_t> number(std::string_view where, const Result<std::string>& text) {
  if (!text) return pass_on(text);
  std::uint64_t value = 0;
  const char* end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, value);
  if (error != std::errc{} || stop != end) {
    return fail(Fault::malformed, std::string(where), "is not a number: " + *text);
  }
  return value;
}

}  // namespace

MetadataClient MetadataClient::from_environment(const HttpClient& http) {
  const char* host = std::getenv("GCE_METADATA_HOST");
  return {http, host != nullptr && *host != '\0' ? host : "metadata.google.internal"};
}

MetadataClient MetadataClient::at(const std::string& host, const HttpClient& http) {
  return host.empty() ? from_environment(http) : MetadataClient(http, host);
}

Result<std::string> MetadataClient::get(const std::string& path) const {
  HttpCall call;
  call.url = fmt::format("http://{}/computeMetadata/v1/{}", host_, path);
  call.headers.set("Metadata-Flavor", "Google");
  call.max_response = kMaxAnswer;
  call.timeout = kTimeout;
  const auto response = http_.send(call);
  if (!response) {
    return fail(
        Fault::unavailable, call.url,
        response.error().why +
            " (is this a Google Compute Engine VM? GCE_METADATA_HOST names another server)");
  }
  if (response->status != 200) {
    return fail(Fault::unavailable, call.url,
                fmt::format("the metadata server answered {}{}", response->status,
                            response->status == 404 ? " (has the VM a service account?)" : ""));
  }
  return std::string(without_blanks(response->body));
}

Result<std::string> MetadataClient::project_id() const { return get("project/project-id"); }

Result<std::string> MetadataClient::zone() const {
  auto full = get("instance/zone");  // "projects/123/zones/us-central1-a"
  if (!full) return full;
  return full->substr(full->rfind('/') + 1);
}

Result<std::string> MetadataClient::region() const {
  auto name = zone();
  if (!name) return name;
  const std::size_t dash = name->rfind('-');
  if (dash == std::string::npos || dash == 0) {
    return fail(Fault::malformed, "instance/zone", "is no zone: " + *name);
  }
  return name->substr(0, dash);
}

Result<GceInstance> MetadataClient::instance() const {
  GceInstance out;
  const auto project = project_id();
  if (!project) return pass_on(project);
  out.project_id = *project;
  const auto project_number =
      number("project/numeric-project-id", get("project/numeric-project-id"));
  if (!project_number) return pass_on(project_number);
  out.project_number = *project_number;
  const auto where = zone();
  if (!where) return pass_on(where);
  out.zone = *where;
  const auto id = number("instance/id", get("instance/id"));
  if (!id) return pass_on(id);
  out.instance_id = *id;
  const auto name = get("instance/name");
  if (!name) return pass_on(name);
  out.instance_name = *name;
  return out;
}

Result<std::string> MetadataClient::access_token() const {
  const std::string path = "instance/service-accounts/default/token";
  const auto answer = get(path);
  if (!answer) return pass_on(answer);
  const auto object = parse_json_object(path, *answer);
  if (!object) return pass_on(object);
  const auto token = json_string(*object, "access_token");
  if (!token) return pass_on(token);
  return std::string(*token);
}

Result<std::string> MetadataClient::identity_token(std::string_view audience) const {
  return get(fmt::format("instance/service-accounts/default/identity?audience={}&format=full",
                         percent_encode(audience)));
}

}  // namespace assay
