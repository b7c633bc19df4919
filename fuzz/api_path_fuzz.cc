// SPDX-License-Identifier: Apache-2.0
#include "services/api_path.h"

#include <string>

#include "fuzz.h"
#include "http/target.h"

namespace assay {
namespace {

/// Nothing in a name can be taken for a part of the path around it.
void check_segment(const std::string& text) {
  ASSAY_CHECK(text.size() <= 128);
  ASSAY_CHECK(text.find_first_of("/%?# \\") == std::string::npos);
}

std::string path_of(const ApiPath& resource) {
  switch (resource.resource) {
    case ApiPath::Resource::locations:
      return "/v1/" + resource.project_name() + "/locations";
    case ApiPath::Resource::location:
      return "/v1/" + resource.location_name();
    case ApiPath::Resource::challenges:
      return "/v1/" + resource.location_name() + "/challenges";
    case ApiPath::Resource::challenge:
      break;
  }
  return "/v1/" + resource.challenge_name() + ":" + resource.verb;
}

}  // namespace
}  // namespace assay

/// A request target is refused with a reason or names a clean path, and what a path of the API
/// names is named by that path alone.
void fuzz(assay::Bytes in) {
  using namespace assay;
  const auto target = parse_target(as_text(in));
  if (!target) return check_explained(target);
  ASSAY_CHECK(target->path.starts_with('/'));
  ASSAY_CHECK(target->path.find("//") == std::string::npos);
  ASSAY_CHECK((target->path + "/").find("/../") == std::string::npos);
  ASSAY_CHECK((target->path + "/").find("/./") == std::string::npos);

  const auto resource = parse_api_path(target->path);
  if (!resource) return;
  check_segment(resource->project);
  check_segment(resource->location);
  check_segment(resource->challenge);
  ASSAY_CHECK(path_of(*resource) == target->path);
}
