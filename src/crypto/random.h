// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.h"

namespace assay {

/// `size` bytes of OpenSSL's cryptographic generator.  Aborts if it fails: nothing is safe then.
Buffer random_bytes(std::size_t size);

/// A random UUID (version 4), "947b4f7b-e6d4-4cfe-971c-39ffe00268ba".  RFC 9562 section 5.4.
std::string random_uuid();

}  // namespace assay
