// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"

namespace assay {

/// What a client reads where our own house is not in order: the reason is the operator's to know.
inline constexpr const char* kSeeOperatorLog = "the service's operator finds the reason in its log";

/// Tells the operator, on standard error, of a failure behind an answer: a full disk, a broken
/// store.
void tell_operator(const Error& error);

}  // namespace assay
