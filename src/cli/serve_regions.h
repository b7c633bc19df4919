// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace assay {

/// Google Cloud's regions and "global": clients derive the location they ask for from the zone they
/// are in.  cloud.google.com/compute/docs/regions-zones; others are named with --location.
std::vector<std::string> google_cloud_regions();

}  // namespace assay
