// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "base/json.h"
#include "base/result.h"
#include "formats/ima.h"

namespace assay {

/// A measurement list of IMA.
struct ImaList {
  ImaFormat format;
  Bytes bytes;
};

/// The runtime policy of Keylime (version 1) that these lists fulfil, as its `keylime-policy create
/// runtime` makes it: every digest that a file had, the keys of each keyring, other buffers by
/// their name.  A violation, which has no digest, allows nothing.
///
/// Fault::malformed for what is no list; Fault::untrusted where a template hash is not that of its
/// entry: the list was edited.
Result<json::object> keylime_runtime_policy(std::span<const ImaList> lists);

}  // namespace assay
