// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "cli/io.h"
#include "cli/key_option.h"
#include "host/file.h"
#include "verify/enrolled_key.h"
#include "verify/trusted_key.h"

namespace assay {

/// No file of an enrolment is longer.
inline constexpr std::size_t kMaxTpmFile = 64 * 1024;

/// Writes it whole or not at all; "-" is `io.out`.
Status write_output(const std::string& name, Bytes content, FileAccess access, Io io);

/// Where to print a verdict: beside the output, where that goes to `io.out`.
Io beside(const std::string& output, Io io);

/// The key as `--trust-ak` and `--trust-ek` take it.
Buffer public_key_file(const EnrolledKey& key, PublicKeyFormat format);

/// What `--trust-ek` names.
Result<std::vector<TrustedKey>> read_trusted_keys(const std::vector<std::string>& files);

}  // namespace assay
