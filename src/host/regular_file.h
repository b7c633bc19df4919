// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "base/bytes.h"
#include "base/result.h"

namespace assay {

/// As read_file() (host/file.h, whose source has both), of a regular file alone: what somebody else
/// puts there while we run may be a pipe, and whoever holds its other end would make us wait.
/// Fault::malformed if it is anything else.
Result<Buffer> read_regular_file(const std::filesystem::path& path, std::size_t max);

}  // namespace assay
