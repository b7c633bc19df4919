// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "base/result.h"
#include "crypto/private_key.h"

namespace assay {

/// The key in `file` (PKCS #8 PEM, mode 0600), or a new P-256 key that is kept there.
Result<PrivateKey> load_or_make_key(const std::filesystem::path& file);

}  // namespace assay
