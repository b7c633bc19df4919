// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/result.h"

namespace assay {

/// Names of secrets: 1 to 128 of [A-Za-z0-9._-].
Status check_secret_name(std::string_view name);
/// What get() and remove() say where there is none of that name.
tl::unexpected<Error> no_such_secret(std::string_view name);

}  // namespace assay
