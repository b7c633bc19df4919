// SPDX-License-Identifier: Apache-2.0
#include "emulator/metadata_server.h"

#include <fmt/format.h>

#include "collateral/identity.h"
#include "crypto/jwk.h"
#include "crypto/jws.h"

namespace assay {
namespace {

constexpr std::string_view kRoot = "/computeMetadata/v1";
constexpr std::string_view kDefaultAccount = "instance/service-accounts/default/";

json::value account(const VmIdentity& vm) {
  return {{"aliases", json::array{"default"}},
          {"email", vm.service_account()},
          {"scopes", json::array{"https://www.googleapis.com/auth/cloud-platform"}}};
}

json::value tree_of(const VmIdentity& vm) {
  const GceInstance& i = vm.instance;
  const std::string number = std::to_string(i.project_number);
  return {{"instance",
           {{"attributes", json::object{}},
            {"cpu-platform", "assay virtual CPU"},
            {"hostname", fmt::format("{}.{}.c.{}.internal", i.instance_name, i.zone, i.project_id)},
            {"id", i.instance_id},
            {"machine-type", fmt::format("projects/{}/machineTypes/n2d-standard-2", number)},
            {"name", i.instance_name},
            {"preempted", "FALSE"},
            {"service-accounts", {{"default", account(vm)}, {vm.service_account(), account(vm)}}},
            {"zone", fmt::format("projects/{}/zones/{}", number, i.zone)}}},
          {"project",
           {{"attributes", json::object{}},
            {"numeric-project-id", i.project_number},
            {"project-id", i.project_id}}},
          {"universe", {{"universe-domain", "googleapis.com"}}}};
}

/// "numeric-project-id" as the JSON form spells it, "numericProjectId".
std::string camel_case(std::string_view name) {
  std::string out;
  bool upper = false;
  for (const char c : name) {
    if (c == '-') {
      upper = true;
    } else {
      out += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
      upper = false;
    }
  }
  return out;
}

json::value json_form(const json::value& node) {
  if (!node.is_object()) return node;
  json::object out;
  for (const auto& [name, value] : node.get_object()) {
    // An account's name is an address, not a word.
    const std::string_view key = name;
    out[key.find('@') == std::string_view::npos ? camel_case(key) : std::string(key)] =
        json_form(value);
  }
  return out;
}

/// A value as its own line of text; a directory as the names below it.
std::string text_form(const json::value& node) {
  if (node.is_string()) return std::string(node.get_string());
  std::string out;
  if (node.is_array()) {
    for (const json::value& item : node.get_array()) out += std::string(item.as_string()) + "\n";
  } else if (node.is_object()) {
    for (const auto& [name, value] : node.get_object()) {
      out += fmt::format("{}{}\n", std::string_view(name), value.is_object() ? "/" : "");
    }
  } else {
    out = json::serialize(node);
  }
  return out;
}

const json::value* find(const json::value& tree, std::string_view path) {
  const json::value* node = &tree;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view segment = path.substr(0, slash);
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
    if (!node->is_object()) return nullptr;
    node = node->get_object().if_contains(segment);
    if (node == nullptr) return nullptr;
  }
  return node;
}

HttpResponse not_defined() { return text_response(404, "not defined\n"); }

}  // namespace

MetadataServer::MetadataServer(VmIdentity identity, Buffer intermediate_der, const Clock& clock)
    : identity_(std::move(identity)),
      key_id_(jwk_thumbprint(identity_.token_key.public_key())),
      intermediate_der_(std::move(intermediate_der)),
      tree_(tree_of(identity_)),
      clock_(clock) {}

HttpResponse MetadataServer::operator()(const HttpRequest& request) const {
  if (request.method != "GET") return text_response(405, "only GET is served\n");
  if (request.path == "/aia/intermediate.crt") {
    HttpResponse response = text_response(200, to_text(intermediate_der_));
    response.headers.set("Content-Type", "application/pkix-cert");
    return response;
  }
  HttpResponse response = not_defined();
  const std::string_view path = request.path;
  if (path == "/" || path == "/computeMetadata" || path == "/computeMetadata/") {
    response = text_response(200, path == "/" ? "computeMetadata/\n" : "v1/\n");
  } else if (path == kRoot || path.starts_with(std::string(kRoot) + "/")) {
    response =
        metadata(request, path == kRoot ? std::string_view() : path.substr(kRoot.size() + 1));
  }
  response.headers.set("Metadata-Flavor", "Google");
  response.headers.set("Server", "Metadata Server for VM");
  return response;
}

HttpResponse MetadataServer::metadata(const HttpRequest& request, std::string_view path) const {
  if (request.headers.get("Metadata-Flavor") != "Google") {
    return text_response(403, "missing the header Metadata-Flavor: Google\n");
  }
  if (request.headers.count("X-Forwarded-For") > 0) {
    return text_response(403, "the metadata server does not answer through a proxy\n");
  }
  std::string wanted(path);
  const std::string by_address =
      fmt::format("instance/service-accounts/{}/", identity_.service_account());
  if (wanted.starts_with(by_address)) wanted.replace(0, by_address.size(), kDefaultAccount);
  if (wanted == std::string(kDefaultAccount) + "token") return access_token();
  if (wanted == std::string(kDefaultAccount) + "identity") return identity_token(request);
  if (wanted.ends_with('/')) wanted.pop_back();
  const json::value* node = find(tree_, wanted);
  if (node == nullptr) return not_defined();
  const auto recursive = request.query_value("recursive");
  if (recursive == "true" || recursive == "True") return json_response(200, json_form(*node));
  return text_response(200, text_form(*node));
}

json::object MetadataServer::token_claims() const {
  const std::int64_t now = unix_seconds(clock_.now());
  return {{"iss", identity_.token_issuer()},
          {"sub", identity_.service_account()},
          {"email", identity_.service_account()},
          {"email_verified", true},
          {"iat", now},
          {"exp", now + kVmTokenLifetime.count()}};
}

HttpResponse MetadataServer::access_token() const {
  json::object claims = token_claims();
  claims["aud"] = kAccessTokenAudience;
  return json_response(200, json::object{{"access_token", sign_jws(claims, identity_.token_key,
                                                                   key_id_, kAccessTokenType)},
                                         {"expires_in", kVmTokenLifetime.count() - 1},
                                         {"token_type", "Bearer"}});
}

HttpResponse MetadataServer::identity_token(const HttpRequest& request) const {
  const auto audience = request.query_value("audience");
  if (!audience || audience->empty())
    return text_response(400, "non-empty audience parameter required\n");
  json::object claims = token_claims();
  claims["aud"] = *audience;
  claims["azp"] = identity_.service_account();
  if (request.query_value("format") == "full") {
    const GceInstance& i = identity_.instance;
    claims["google"] = {{"compute_engine",
                         {{"instance_id", std::to_string(i.instance_id)},
                          {"instance_name", i.instance_name},
                          {"project_id", i.project_id},
                          {"project_number", i.project_number},
                          {"zone", i.zone}}}};
  }
  return text_response(200, sign_jws(claims, identity_.token_key, key_id_, kIdentityTokenType));
}

}  // namespace assay
