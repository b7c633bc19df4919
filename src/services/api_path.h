// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace assay {

/// A resource of the attestation API, as a path names it.
struct ApiPath {
  enum class Resource {
    locations,   ///< /v1/projects/P/locations
    location,    ///< /v1/projects/P/locations/L
    challenges,  ///< /v1/projects/P/locations/L/challenges
    challenge,   ///< /v1/projects/P/locations/L/challenges/C:VERB
  } resource;
  std::string project;    ///< id ("my-project", "example.com:my-project") or number
  std::string location;   ///< "us-central1"; empty for `locations`
  std::string challenge;  ///< for `challenge`
  std::string verb;       ///< after the last colon; for `challenge`

  [[nodiscard]] std::string project_name() const;    ///< "projects/P"
  [[nodiscard]] std::string location_name() const;   ///< "projects/P/locations/L"
  [[nodiscard]] std::string challenge_name() const;  ///< "projects/P/locations/L/challenges/C"
};

/// Reads a decoded path.  Segments are 1 to 128 of [A-Za-z0-9._-], a project also with colons;
/// anything else names nothing.
std::optional<ApiPath> parse_api_path(std::string_view path);

}  // namespace assay
