// SPDX-License-Identifier: Apache-2.0
#include "services/api_path.h"

#include <algorithm>
#include <vector>

namespace assay {
namespace {

bool is_segment(std::string_view s, std::string_view also_allowed) {
  return !s.empty() && s.size() <= 128 && std::all_of(s.begin(), s.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-' || also_allowed.find(c) != std::string_view::npos;
  });
}

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> out;
  for (;;) {
    const std::size_t slash = path.find('/');
    out.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos || out.size() > 8) return out;
    path.remove_prefix(slash + 1);
  }
}

}  // namespace

std::string ApiPath::project_name() const { return "projects/" + project; }
std::string ApiPath::location_name() const { return project_name() + "/locations/" + location; }
std::string ApiPath::challenge_name() const { return location_name() + "/challenges/" + challenge; }

std::optional<ApiPath> parse_api_path(std::string_view path) {
  // "", "v1", "projects", P, "locations"[, L[, "challenges"[, C:VERB]]]
  const std::vector<std::string_view> part = split(path);
  if (part.size() < 5 || part.size() > 8) return std::nullopt;
  if (!part[0].empty() || part[1] != "v1" || part[2] != "projects" || part[4] != "locations") {
    return std::nullopt;
  }
  if (!is_segment(part[3], ":")) return std::nullopt;
  ApiPath out{ApiPath::Resource::locations, std::string(part[3]), {}, {}, {}};
  if (part.size() == 5) return out;

  if (!is_segment(part[5], {})) return std::nullopt;
  out.resource = ApiPath::Resource::location;
  out.location = part[5];
  if (part.size() == 6) return out;

  if (part[6] != "challenges") return std::nullopt;
  out.resource = ApiPath::Resource::challenges;
  if (part.size() == 7) return out;

  const std::size_t colon = part[7].rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  out.resource = ApiPath::Resource::challenge;
  out.challenge = part[7].substr(0, colon);
  out.verb = part[7].substr(colon + 1);
  if (!is_segment(out.challenge, {}) || !is_segment(out.verb, {})) return std::nullopt;
  return out;
}

}  // namespace assay
