// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "cli/io.h"
#include "cli/serve.h"

namespace assay {

/// `assay release put NAME --state DIR [--input FILE]`: creates or replaces a secret, byte for byte
/// what `input` holds ("-" is standard input; at most 64 KiB).
int run_release_put(const std::filesystem::path& state, const std::string& name,
                    const std::filesystem::path& input, Io io);
/// `assay release list --state DIR`: the names, one a line or as {"secrets":[..]}.
int run_release_list(const std::filesystem::path& state, ReadyForm form, Io io);
/// `assay release remove NAME --state DIR`.
int run_release_remove(const std::filesystem::path& state, const std::string& name, Io io);

}  // namespace assay
