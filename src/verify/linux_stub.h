// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "formats/event_log.h"

namespace assay {

/// What Linux' EFI stub measures into PCR 9, in this order.
enum class StubPart {
  load_options,  ///< the command line that it was given, in UTF-16
  initrd,
};

/// Which of them the event says it is: by tag, or by the bare text in some CC logs.  The digest is
/// of the part itself, so this is the log's word.  drivers/firmware/efi/libstub/efistub.h.
std::optional<StubPart> stub_part(const Event& event);

}  // namespace assay
