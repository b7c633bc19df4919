// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace assay {

/// What `assay --version` says and reports name.
inline constexpr const char* kVersion = "assay 0.1.0";

}  // namespace assay
