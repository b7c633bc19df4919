// SPDX-License-Identifier: Apache-2.0
#include "services/api_path.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

std::string read(std::string_view path) {
  const auto p = parse_api_path(path);
  if (!p) return "nothing";
  switch (p->resource) {
    case ApiPath::Resource::locations:
      return "locations of " + p->project_name();
    case ApiPath::Resource::location:
      return "location " + p->location_name();
    case ApiPath::Resource::challenges:
      return "challenges of " + p->location_name();
    case ApiPath::Resource::challenge:
      return p->verb + " of " + p->challenge_name();
  }
  return "?";
}

TEST(ApiPath, NamesAResourceOrNothing) {
  struct Case {
    std::string_view path, read;
  };
  const Case cases[] = {
      {"/v1/projects/p/locations", "locations of projects/p"},
      {"/v1/projects/12345/locations/us-central1", "location projects/12345/locations/us-central1"},
      {"/v1/projects/example.com:p/locations/global",
       "location projects/example.com:p/locations/global"},
      {"/v1/projects/p/locations/l/challenges", "challenges of projects/p/locations/l"},
      {"/v1/projects/p/locations/l/challenges/c-1:verifyAttestation",
       "verifyAttestation of projects/p/locations/l/challenges/c-1"},
      {"/v1/projects/example.com:p/locations/l/challenges/c:x",
       "x of projects/example.com:p/locations/l/challenges/c"},
      {"/v1/projects/p/locations/l/challenges/c:d:x", "nothing"},
      {"/v1/projects/p/locations/l/challenges/c", "nothing"},
      {"/v1/projects/p/locations/l/challenges/c:", "nothing"},
      {"/v1/projects/p/locations/l/challenges/:x", "nothing"},
      {"/v1/projects/p/locations/l/challenges/c:x/y", "nothing"},
      {"/v1/projects/p/locations/l/other", "nothing"},
      {"/v1/projects/p/locations/", "nothing"},
      {"/v1/projects//locations", "nothing"},
      {"/v1/projects/p q/locations", "nothing"},
      {"/v1/projects/p\n/locations", "nothing"},
      {"/v1alpha1/projects/p/locations", "nothing"},
      {"v1/projects/p/locations", "nothing"},
      {"/", "nothing"},
      {"", "nothing"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.path);
    EXPECT_EQ(read(c.path), c.read);
  }
  EXPECT_EQ(read("/v1/projects/" + std::string(129, 'p') + "/locations"), "nothing");
}

}  // namespace
}  // namespace assay
